//! Points in time as the documents write them: RFC 3339, UTC, whole seconds, `Z`, 1970 or later (PSD-009 §3.3).

use std::fmt;

use crate::error::Coded;
use crate::text;

const DAY: u64 = 86_400;

/// Seconds since 1970-01-01T00:00:00Z, at most those of the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// A text that is not such a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("timestamp {} is not of the form 2026-05-01T12:00:00Z (RFC 3339, UTC, whole seconds, 1970 or later)", text::quote(.0))]
pub struct TimestampError(pub String);

impl Coded for TimestampError {
    fn code(&self) -> &'static str {
        "PEI_TIMESTAMP_INVALID"
    }
}

impl Timestamp {
    /// Reads exactly the form `2026-05-01T12:00:00Z`.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        Self::from_bytes(text.as_bytes()).ok_or_else(|| TimestampError(text.to_owned()))
    }

    /// The point `seconds` after 1970 began; `None` before it, or past the year 9999.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        const END: u64 = 253_402_300_800;
        u64::try_from(seconds).ok().filter(|&seconds| seconds < END).map(Self)
    }

    /// Seconds since 1970 began.
    pub const fn seconds(self) -> i64 {
        self.0 as i64
    }

    fn from_bytes(text: &[u8]) -> Option<Self> {
        let shape = text.len() == 20
            && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')]
                .iter()
                .all(|&(at, separator)| text[at] == separator);
        if !shape {
            return None;
        }
        let year = number(&text[..4])?;
        let month = number(&text[5..7])?;
        let day = number(&text[8..10])?;
        let (hour, minute, second) = (number(&text[11..13])?, number(&text[14..16])?, number(&text[17..19])?);
        let exists = year >= 1970
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        exists.then(|| Self(days_before(year, month, day) * DAY + hour * 3600 + minute * 60 + second))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.0 / DAY);
        let second = self.0 % DAY;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits
        .iter()
        .try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days between 1970-01-01 and a date.
fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    years + (1..month).map(|month| days_of_month(year, month)).sum::<u64>() + day - 1
}

/// The inverse of [`days_before`].
fn date_of(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970 + days / 366;
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    days -= days_before(year, 1, 1);
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-05-01T12:00:00Z", 1_777_636_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(Timestamp::parse(text).map(Timestamp::seconds), Ok(seconds), "{text}");
            assert_eq!(Timestamp::from_seconds(seconds).map(|t| t.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Timestamp::from_seconds(-1), None);
        assert_eq!(Timestamp::from_seconds(253_402_300_800), None);
    }

    #[test]
    fn every_day_round_trips() {
        for day in 0..200_000 {
            let point = Timestamp(day * DAY + day % DAY);
            assert_eq!(Timestamp::parse(&point.to_string()), Ok(point));
        }
    }

    #[test]
    fn refuses_every_other_form() {
        for text in [
            "",
            "2026-05-01",
            "2026-05-01T12:00:00",
            "2026-05-01T12:00:00z",
            "2026-05-01t12:00:00Z",
            "2026-05-01 12:00:00Z",
            "2026-05-01T12:00:00+00:00",
            "2026-05-01T12:00:00.0Z",
            "2026-05-01T12:00:60Z",
            "2026-05-01T24:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-04-00T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "12026-05-01T12:00:00Z",
            "+026-05-01T12:00:00Z",
            "2026-05-01T12:0é:0Z",
            " 2026-05-01T12:00:00Z",
            "2026-05-01T12:00:00Z\n",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
