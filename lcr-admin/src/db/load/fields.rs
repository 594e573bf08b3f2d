//! A row of a query, read column by column.

use postgres::Row;
use postgres::types::FromSql;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::Limits;
use rating_core::tariff::Rounding;

use super::super::error::DbError;
use super::owned::{Kind, Owned};
use crate::words::Word;

/// A row whose fields are named in errors.
pub(super) struct Fields<'a>(pub &'a Row);

impl Fields<'_> {
    pub(super) fn get<'r, T: FromSql<'r>>(&'r self, column: &str) -> Result<T, DbError> {
        self.0.try_get(column).map_err(|error| DbError::Corrupt(format!("column {column}: {error}")))
    }

    pub(super) fn word<T: Word>(&self, column: &str) -> Result<T, DbError> {
        word(column, self.get(column)?)
    }

    pub(super) fn word_or_null<T: Word>(&self, column: &str) -> Result<Option<T>, DbError> {
        self.get::<Option<&str>>(column)?.map(|text| word(column, text)).transpose()
    }

    /// A list of words; NULL is none.
    pub(super) fn words_or_null<T: Word>(&self, column: &str) -> Result<Option<Vec<T>>, DbError> {
        let texts: Option<Vec<&str>> = self.get(column)?;
        texts.map(|texts| texts.into_iter().map(|text| word(column, text)).collect()).transpose()
    }

    /// A text whose absence the plan writes as an empty one.
    pub(super) fn text_or_empty(&self, column: &str) -> Result<String, DbError> {
        Ok(self.get::<Option<String>>(column)?.unwrap_or_default())
    }

    pub(super) fn digits(&self, column: &str) -> Result<Digits, DbError> {
        digits(column, self.get(column)?)
    }

    pub(super) fn digits_or_null(&self, column: &str) -> Result<Option<Digits>, DbError> {
        self.get::<Option<&str>>(column)?.map(|text| digits(column, text)).transpose()
    }

    pub(super) fn digits_list(&self, column: &str) -> Result<Vec<Digits>, DbError> {
        let texts: Vec<&str> = self.get(column)?;
        texts.into_iter().map(|text| digits(column, text)).collect()
    }

    pub(super) fn amount_or_null(&self, column: &str) -> Result<Option<Nano>, DbError> {
        Ok(self.get::<Option<i64>>(column)?.map(Nano))
    }

    /// A column of signed integers that holds counts.
    pub(super) fn unsigned<S, T>(&self, column: &str) -> Result<T, DbError>
    where
        S: for<'r> FromSql<'r> + Copy + std::fmt::Display,
        T: TryFrom<S>,
    {
        narrow(column, self.get::<S>(column)?)
    }

    pub(super) fn unsigned_or_null<S, T>(&self, column: &str) -> Result<Option<T>, DbError>
    where
        S: for<'r> FromSql<'r> + Copy + std::fmt::Display,
        T: TryFrom<S>,
    {
        self.get::<Option<S>>(column)?.map(|value| narrow(column, value)).transpose()
    }

    /// A list of signed integers that holds counts.
    pub(super) fn unsigned_list<S, T>(&self, column: &str) -> Result<Vec<T>, DbError>
    where
        S: for<'r> FromSql<'r> + Copy + std::fmt::Display,
        T: TryFrom<S>,
    {
        self.get::<Vec<S>>(column)?.into_iter().map(|value| narrow(column, value)).collect()
    }

    /// The caps of an owner; `owner` is its id.
    pub(super) fn limits(&self, kind: Kind, owner: &str, owned: &mut Owned) -> Result<Limits, DbError> {
        Ok(Limits {
            cps_milli: self.unsigned_or_null::<i32, u64>("cps_milli")?,
            cps_burst: self.unsigned_or_null::<i64, u32>("cps_burst")?,
            concurrent_calls_max: self.unsigned_or_null::<i64, u32>("concurrent_calls_max")?,
            volumes: owned.volumes(kind, owner),
            minutes_per_month_max: self.unsigned_or_null::<i64, u32>("minutes_per_month_max")?,
            spend_per_day_max: self.amount_or_null("spend_per_day_max_nano")?,
        })
    }

    pub(super) fn rounding(&self, mode: &str, decimals: &str) -> Result<Rounding, DbError> {
        Ok(Rounding { mode: self.word(mode)?, decimals: self.unsigned::<i16, u8>(decimals)? })
    }
}

pub(super) fn word<T: Word>(column: &str, text: &str) -> Result<T, DbError> {
    T::from_word(text).ok_or_else(|| DbError::Corrupt(format!("column {column} is {text:?}")))
}

pub(super) fn digits(column: &str, text: &str) -> Result<Digits, DbError> {
    Digits::new(text.as_bytes()).ok_or_else(|| DbError::Corrupt(format!("column {column} is {text:?}")))
}

fn narrow<S: Copy + std::fmt::Display, T: TryFrom<S>>(column: &str, value: S) -> Result<T, DbError> {
    T::try_from(value).map_err(|_| DbError::Corrupt(format!("column {column} is {value}")))
}
