//! Case that does not matter, `(?i)`: which characters are taken for each other. The tables of the standard library say so;
//! those of the regex crate would say the same again, in 150 kilobytes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Beyond it no character has a case.
const LAST: char = '\u{1efff}';

/// Every set of characters that are the same but for their case.
pub(super) struct Folding(BTreeMap<char, Vec<char>>);

impl Folding {
    pub(super) fn new() -> Self {
        let mut sets: BTreeMap<char, Vec<char>> = BTreeMap::new();
        for character in '\0'..=LAST {
            sets.entry(folded(character)).or_default().push(character);
        }
        sets.retain(|_, set| set.len() > 1);
        Self(sets)
    }

    /// What a range also stands for.
    pub(super) fn beside(&self, range: &RangeInclusive<char>) -> Vec<char> {
        let touched = self.0.values().filter(|set| set.iter().any(|character| range.contains(character)));
        touched.flatten().copied().filter(|character| !range.contains(character)).collect()
    }
}

/// One character for each set. As in Unicode's simple folding a character that becomes several stays as it is, and so do the
/// two letters that are the other's case only in Turkish.
fn folded(character: char) -> char {
    if matches!(character, 'İ' | 'ı') {
        return character;
    }
    let upper = single(character.to_uppercase()).unwrap_or(character);
    single(upper.to_lowercase()).unwrap_or(upper)
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::Folding;

    #[test]
    fn characters_of_one_kind_are_found_from_each_of_them() {
        let folding = Folding::new();
        for set in [
            "aA",
            "kK\u{212a}",
            "sSſ",
            "åÅ\u{212b}",
            "ßẞ",
            "ǆǅǄ",
            "σςΣ",
            "θϑϴΘ",
            "µμΜ",
            "ιΙ\u{345}\u{1fbe}",
            "дДᲁ",
            "აᲐ",
            "ꭰᎠ",
        ] {
            let characters: Vec<char> = set.chars().collect();
            for &one in &characters {
                let mut found = folding.beside(&(one..=one));
                found.push(one);
                found.sort_unstable();
                let mut expected = characters.clone();
                expected.sort_unstable();
                assert_eq!(found, expected, "{one}");
            }
        }
        for alone in ['1', 'İ', 'ı', 'ŉ', '中'] {
            assert!(folding.beside(&(alone..=alone)).is_empty(), "{alone}");
        }
        assert_eq!(folding.beside(&('b'..='d')), ['B', 'C', 'D']);
        assert!(folding.beside(&('A'..='z')).contains(&'ſ'));
    }
}
