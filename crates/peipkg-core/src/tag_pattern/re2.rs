//! RE2's dialect, translated for the regex crate. What both read alike is copied; what they read differently is rewritten:
//! `\d \w \s \b` are ASCII, a bracket inside a class is itself, `{` without count is itself, `&&` and `--` are no operators.
//! Under `(?i)` each character becomes a class of all that it is taken for.
//! What RE2 does not know is refused, and so is what the regex crate lacks (`\C`, `\Q…\E`).

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::fold::Folding;

/// How often a repetition may repeat.
const MOST_REPEATS: u32 = 1000;

/// What `[[:…:]]` may name.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// A translated pattern. Its groups are unnamed: their names are here.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) expression: String,
    /// The name of every capturing group, from the first.
    pub(super) groups: Vec<Option<String>>,
}

/// What an escape stands for.
enum Escape {
    Character(char),
    /// A class, as the regex crate writes it, good inside brackets too.
    Class(String),
    /// A place, not a character.
    Assertion(&'static str),
}

pub(super) fn translate(pattern: &str) -> Result<Translated, String> {
    let out = Translated { expression: String::new(), groups: Vec::new() };
    let mut translator =
        Translator { rest: pattern, out, ignores_case: false, outside: Vec::new(), folding: None };
    while !translator.rest.is_empty() {
        translator.step()?;
    }
    Ok(translator.out)
}

struct Translator<'a> {
    rest: &'a str,
    out: Translated,
    /// Whether `(?i)` holds here, and whether it does outside each open group.
    ignores_case: bool,
    outside: Vec<bool>,
    /// Made when it is wanted.
    folding: Option<Folding>,
}

impl Translator<'_> {
    fn step(&mut self) -> Result<(), String> {
        match self.next_char() {
            '(' => self.group(),
            '[' => self.class(),
            '{' => self.repetition(),
            '\\' => {
                match self.escape()? {
                    Escape::Character(character) => self.push_character(character),
                    Escape::Class(class) => self.push(&class),
                    Escape::Assertion(assertion) => self.push(assertion),
                }
                Ok(())
            }
            ')' => {
                self.ignores_case = self.outside.pop().unwrap_or(self.ignores_case);
                self.push(")");
                Ok(())
            }
            character @ ('.' | '*' | '+' | '?' | '|' | '^' | '$') => {
                self.out.expression.push(character);
                Ok(())
            }
            character => {
                self.push_character(character);
                Ok(())
            }
        }
    }

    /// After `(`.
    fn group(&mut self) -> Result<(), String> {
        let Some(inside) = self.rest.strip_prefix('?') else {
            self.out.groups.push(None);
            self.outside.push(self.ignores_case);
            self.push("(");
            return Ok(());
        };
        if ["=", "!", "<=", "<!"].iter().any(|start| inside.starts_with(start)) {
            return Err("look-around is not part of RE2".to_owned());
        }
        if let Some(named) = inside.strip_prefix("P<").or_else(|| inside.strip_prefix('<')) {
            return self.named_group(named);
        }
        let end = inside.find([':', ')']).ok_or("a group has no end")?;
        if !are_flags(&inside[..end]) || (end == 0 && inside.starts_with(')')) {
            let start: String = inside[..end].chars().take(20).collect();
            return Err(format!("(?{start} is not part of RE2"));
        }
        self.flags(&inside[..end], inside[end..].starts_with(':'));
        self.rest = &inside[end + 1..];
        Ok(())
    }

    /// Flags that hold to the end of the group around them, or in the group that they open. `i` is ours.
    fn flags(&mut self, flags: &str, opens: bool) {
        if opens {
            self.outside.push(self.ignores_case);
        }
        let (set, cleared) = flags.split_once('-').unwrap_or((flags, ""));
        self.ignores_case = (self.ignores_case || set.contains('i')) && !cleared.contains('i');
        let [set, cleared] = [set, cleared].map(|flags| flags.replace('i', ""));
        let dash = if cleared.is_empty() { "" } else { "-" };
        match (opens, set.len() + cleared.len()) {
            (true, _) => self.push(&format!("(?{set}{dash}{cleared}:")),
            (false, 0) => {}
            (false, _) => self.push(&format!("(?{set}{dash}{cleared})")),
        }
    }

    fn named_group(&mut self, named: &str) -> Result<(), String> {
        let (name, _) = named.split_once('>').ok_or("a group's name has no end")?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err("a group's name is made of letters, digits and underscores".to_owned());
        }
        self.out.groups.push(Some(name.to_owned()));
        self.outside.push(self.ignores_case);
        self.push("(");
        let taken = self.rest.len() - named.len() + name.len() + 1;
        self.rest = &self.rest[taken..];
        Ok(())
    }

    /// After `{`: a count, or the brace itself.
    fn repetition(&mut self) -> Result<(), String> {
        let counts = self.rest.split_once('}').map(|(inside, _)| inside).filter(|inside| is_count(inside));
        let Some(counts) = counts else {
            self.push_literal('{');
            return Ok(());
        };
        let beyond = |count: &str| !count.is_empty() && count.parse().is_ok_and(|n: u32| n <= MOST_REPEATS);
        if !counts.split(',').all(|count| count.is_empty() || beyond(count)) {
            return Err(format!("{{{counts}}} repeats more than {MOST_REPEATS} times"));
        }
        let _ = write!(self.out.expression, "{{{counts}}}");
        self.rest = &self.rest[counts.len() + 1..];
        Ok(())
    }

    /// After `[`.
    fn class(&mut self) -> Result<(), String> {
        self.push("[");
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.rest = rest;
            self.push("^");
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            self.class_item()?;
        }
        self.rest = &self.rest[1..];
        self.push("]");
        Ok(())
    }

    fn class_item(&mut self) -> Result<(), String> {
        if let Some((inside, _)) = self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
            if !POSIX.contains(&inside.strip_prefix('^').unwrap_or(inside)) {
                return Err(format!("[:{}:] is no class", inside.chars().take(20).collect::<String>()));
            }
            let taken = inside.len() + 4;
            let class = match inside {
                "upper" | "lower" if self.ignores_case => "a-zA-Zſ\u{212a}",
                "^upper" | "^lower" if self.ignores_case => "[^a-zA-Zſ\u{212a}]",
                _ => &self.rest[..taken],
            };
            self.out.expression.push_str(class);
            self.rest = &self.rest[taken..];
            return Ok(());
        }
        let low = match self.class_atom()? {
            Escape::Character(low) => low,
            Escape::Class(class) => {
                self.push(&class);
                return Ok(());
            }
            Escape::Assertion(_) => return Err("an assertion cannot stand in brackets".to_owned()),
        };
        self.push_literal(low);
        let Some(rest) = self.rest.strip_prefix('-').filter(|rest| !rest.starts_with(']')) else {
            self.push_beside(&(low..=low));
            return Ok(());
        };
        self.rest = rest;
        let Escape::Character(high) = self.class_atom()? else {
            return Err("a range ends with a character".to_owned());
        };
        self.push("-");
        self.push_literal(high);
        self.push_beside(&(low..=high));
        Ok(())
    }

    fn class_atom(&mut self) -> Result<Escape, String> {
        if self.rest.is_empty() {
            return Err("a class has no closing ]".to_owned());
        }
        match self.next_char() {
            '\\' => self.escape(),
            character => Ok(Escape::Character(character)),
        }
    }

    /// After a backslash.
    fn escape(&mut self) -> Result<Escape, String> {
        if self.rest.is_empty() {
            return Err("a backslash stands at the end".to_owned());
        }
        Ok(match self.next_char() {
            'd' => Escape::Class("[0-9]".to_owned()),
            'D' => Escape::Class("[^0-9]".to_owned()),
            'w' => Escape::Class("[0-9A-Za-z_]".to_owned()),
            'W' => Escape::Class("[^0-9A-Za-z_]".to_owned()),
            's' => Escape::Class("[\\t\\n\\x0C\\r ]".to_owned()),
            'S' => Escape::Class("[^\\t\\n\\x0C\\r ]".to_owned()),
            letter @ ('p' | 'P') => Escape::Class(self.property(letter)?),
            'A' => Escape::Assertion("\\A"),
            'z' => Escape::Assertion("\\z"),
            'b' => Escape::Assertion("(?-u:\\b)"),
            'B' => Escape::Assertion("(?-u:\\B)"),
            'C' => return Err("\\C (any byte) is not supported here".to_owned()),
            'Q' | 'E' => {
                return Err("\\Q…\\E (quoting) is not supported here: escape each character".to_owned());
            }
            'a' => Escape::Character('\x07'),
            'f' => Escape::Character('\x0c'),
            'n' => Escape::Character('\n'),
            'r' => Escape::Character('\r'),
            't' => Escape::Character('\t'),
            'v' => Escape::Character('\x0b'),
            'x' => Escape::Character(self.hexadecimal()?),
            digit @ '0'..='7' => Escape::Character(self.octal(digit)?),
            character if character.is_ascii() && !character.is_ascii_alphanumeric() => {
                Escape::Character(character)
            }
            character => return Err(format!("\\{character} is not an escape of RE2")),
        })
    }

    /// After `\p`: one letter, or a name in braces.
    fn property(&mut self, letter: char) -> Result<String, String> {
        if self.rest.is_empty() {
            return Err(format!("\\{letter} names no class"));
        }
        let name = match self.next_char() {
            '{' => {
                let (name, _) = self.rest.split_once('}').ok_or("a class name has no end")?;
                self.rest = &self.rest[name.len() + 1..];
                name.to_owned()
            }
            one => one.to_string(),
        };
        // `\p{^L}` is `\P{L}`. RE2 knows no `=` or `:` in names.
        let (negated, name) =
            name.strip_prefix('^').map_or((letter == 'P', name.as_str()), |rest| (letter == 'p', rest));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(format!("\\{letter} names no class"));
        }
        if self.ignores_case && matches!(name, "Lu" | "Ll" | "Lt") {
            return Ok(format!("[{}\\p{{Lu}}\\p{{Ll}}\\p{{Lt}}]", if negated { "^" } else { "" }));
        }
        Ok(format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }))
    }

    /// After `\x`: two digits, or any number in braces.
    fn hexadecimal(&mut self) -> Result<char, String> {
        let (digits, taken) = match self.rest.strip_prefix('{') {
            Some(inside) => {
                let (digits, _) = inside.split_once('}').ok_or("\\x{ has no closing brace")?;
                (digits, digits.len() + 2)
            }
            None => (self.rest.get(..2).ok_or("\\x needs two digits")?, 2),
        };
        let value = if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
        } else {
            None
        };
        self.rest = &self.rest[taken..];
        value.ok_or_else(|| "\\x does not name a character".to_owned())
    }

    /// `\0`, or up to three digits. One digit that is not 0 would be a back-reference.
    fn octal(&mut self, first: char) -> Result<char, String> {
        let is_octal = |character: &char| ('0'..='7').contains(character);
        let more: String = self.rest.chars().take(2).take_while(is_octal).collect();
        if first != '0' && more.is_empty() {
            return Err("back-references are not part of RE2".to_owned());
        }
        self.rest = &self.rest[more.len()..];
        u32::from_str_radix(&format!("{first}{more}"), 8)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| "an octal escape does not name a character".to_owned())
    }

    /// The callers know that there is one.
    fn next_char(&mut self) -> char {
        let mut characters = self.rest.chars();
        let character = characters.next().unwrap_or_default();
        self.rest = characters.as_str();
        character
    }

    fn push(&mut self, text: &str) {
        self.out.expression.push_str(text);
    }

    /// A character outside brackets.
    fn push_character(&mut self, character: char) {
        let beside = self.beside(&(character..=character));
        if beside.is_empty() {
            return self.push_literal(character);
        }
        self.push("[");
        self.push_literal(character);
        for other in beside {
            self.push_literal(other);
        }
        self.push("]");
    }

    /// What a range inside brackets also stands for.
    fn push_beside(&mut self, range: &RangeInclusive<char>) {
        for other in self.beside(range) {
            self.push_literal(other);
        }
    }

    fn beside(&mut self, range: &RangeInclusive<char>) -> Vec<char> {
        if !self.ignores_case {
            return Vec::new();
        }
        self.folding.get_or_insert_with(Folding::new).beside(range)
    }

    fn push_literal(&mut self, character: char) {
        if character.is_ascii_alphanumeric() || !character.is_ascii() {
            self.out.expression.push(character);
        } else {
            let _ = write!(self.out.expression, "\\x{{{:X}}}", u32::from(character));
        }
    }
}

/// `i m s U`, some switched off after one dash.
fn are_flags(text: &str) -> bool {
    let (on, off) = text.split_once('-').unwrap_or((text, "i"));
    !off.is_empty() && on.chars().chain(off.chars()).all(|flag| "imsU".contains(flag))
}

/// `3`, `3,`, `3,5`.
fn is_count(inside: &str) -> bool {
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}
