//! From the text of a pattern without braces to tokens.

/// One step of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Literal(char),
    /// `?`: any character but a slash.
    Any,
    /// `[…]`: one of these ranges, or none of them; never a slash.
    Class { ranges: Vec<(char, char)>, negated: bool },
    /// `*`: any number of characters but slashes.
    Star,
    /// `**/`: any number of whole components.
    Components,
    /// `**` at the end of the pattern, as a whole component.
    Everything,
    /// `/**` at the end of the pattern: nothing, or a slash and everything.
    SlashEverything,
}

impl Token {
    /// Whether a token for one character takes this one.
    pub(super) fn takes(&self, character: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == character,
            Self::Any => character != '/',
            Self::Class { ranges, negated } => {
                let within = ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
                character != '/' && within != *negated
            }
            _ => false,
        }
    }
}

/// Reads a pattern in which no brace has a meaning any more.
pub(super) fn tokens(pattern: &str) -> Result<Vec<Token>, &'static str> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(character) = characters.get(at) {
        at += 1;
        let token = match character {
            '\\' => {
                let escaped = characters.get(at).ok_or("it ends in a backslash")?;
                at += 1;
                Token::Literal(*escaped)
            }
            '?' => Token::Any,
            '[' => class(&characters, &mut at)?,
            '*' => star(&characters, &mut at, &mut tokens),
            other => Token::Literal(*other),
        };
        tokens.push(token);
    }
    Ok(tokens)
}

/// A double star counts as such only when it is a whole component; any other run of stars is one star.
fn star(characters: &[char], at: &mut usize, before: &mut Vec<Token>) -> Token {
    if characters.get(*at) != Some(&'*') {
        return Token::Star;
    }
    *at += 1;
    let starts_component =
        before.is_empty() || matches!(before.last(), Some(Token::Literal('/') | Token::Components));
    match characters.get(*at) {
        None if before.last() == Some(&Token::Literal('/')) => {
            before.pop();
            Token::SlashEverything
        }
        None if starts_component => Token::Everything,
        Some('/') if starts_component => {
            *at += 1;
            Token::Components
        }
        _ => Token::Star,
    }
}

fn class(characters: &[char], at: &mut usize) -> Result<Token, &'static str> {
    const UNCLOSED: &str = "a \"[\" is not closed";
    let negated = matches!(characters.get(*at), Some('!' | '^'));
    if negated {
        *at += 1;
    }
    let mut ranges = Vec::new();
    let mut previous = None;
    loop {
        let character = *characters.get(*at).ok_or(UNCLOSED)?;
        *at += 1;
        match (character, previous) {
            (']', _) if ranges.is_empty() => return Err("a \"[]\" is empty"),
            (']', _) => return Ok(Token::Class { ranges, negated }),
            ('-', Some(low)) if characters.get(*at).is_some_and(|next| *next != ']') => {
                let high = member(characters, at).ok_or(UNCLOSED)?;
                ranges.push((low, high));
                previous = None;
            }
            _ => {
                *at -= 1;
                let single = member(characters, at).ok_or(UNCLOSED)?;
                ranges.push((single, single));
                previous = Some(single);
            }
        }
    }
}

/// A character of a class, escaped or not.
fn member(characters: &[char], at: &mut usize) -> Option<char> {
    if characters.get(*at) == Some(&'\\') {
        *at += 1;
    }
    let character = characters.get(*at).copied();
    *at += 1;
    character
}
