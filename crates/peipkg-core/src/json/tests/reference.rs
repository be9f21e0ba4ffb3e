//! A validator of the same rules, written as plainly as possible: character by character, no speed, no shared code.

use std::collections::HashSet;

pub(super) fn accepts(document: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(document) else {
        return false;
    };
    let mut input = Input { rest: text.chars().collect::<Vec<_>>().into_iter().peekable() };
    input.space();
    input.value(0).is_some() && {
        input.space();
        input.rest.peek().is_none()
    }
}

struct Input {
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
}

impl Input {
    fn space(&mut self) {
        while self.rest.next_if(|character| " \t\r\n".contains(*character)).is_some() {}
    }

    fn eat(&mut self, expected: &str) -> Option<()> {
        expected.chars().try_for_each(|character| self.rest.next_if_eq(&character).map(drop))
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match *self.rest.peek()? {
            '{' => self.object(depth + 1),
            '[' => self.array(depth + 1),
            '"' => self.string().map(drop),
            't' => self.eat("true"),
            'f' => self.eat("false"),
            'n' => self.eat("null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        let mut keys = HashSet::new();
        self.list('{', '}', depth, |input| {
            if !keys.insert(input.string()?) {
                return None;
            }
            input.space();
            input.eat(":")?;
            input.space();
            input.value(depth)
        })
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.list('[', ']', depth, |input| input.value(depth))
    }

    fn list(
        &mut self,
        open: char,
        close: char,
        depth: usize,
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if depth > 64 {
            return None;
        }
        self.rest.next_if_eq(&open)?;
        self.space();
        if self.rest.next_if_eq(&close).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            self.space();
            if self.rest.next_if_eq(&close).is_some() {
                return Some(());
            }
            self.eat(",")?;
            self.space();
        }
    }

    fn string(&mut self) -> Option<String> {
        self.rest.next_if_eq(&'"')?;
        let mut units = Vec::new();
        loop {
            match self.rest.next()? {
                '"' => return String::from_utf16(&units).ok(),
                '\\' => units.push(self.escape()?),
                character if character < ' ' => return None,
                character => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let character = match self.rest.next()? {
            'u' => {
                let digits: String =
                    (0..4).map(|_| self.rest.next_if(char::is_ascii_hexdigit)).collect::<Option<_>>()?;
                return u16::from_str_radix(&digits, 16).ok();
            }
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            plain @ ('"' | '\\' | '/') => plain,
            _ => return None,
        };
        u16::try_from(u32::from(character)).ok()
    }

    fn number(&mut self) -> Option<()> {
        let mut digits = String::new();
        while let Some(character) =
            self.rest.next_if(|character| character.is_ascii_digit() || ".eE+-".contains(*character))
        {
            digits.push(character);
        }
        let value: u64 = digits.parse().ok()?;
        (value.to_string() == digits).then_some(())
    }
}
