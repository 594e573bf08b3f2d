//! What has rows of its own below accounts, trunks, partitions and so on: read at once, taken by their owners.

use std::collections::HashMap;

use postgres::Transaction;
use rating_core::plan::{BlockedPrefix, DialRule, RecurringWindow, Schedule, Screening, VolumeLimit, Wallet};

use super::super::error::DbError;
use super::fields::{Fields, digits};
use super::{all, query};

/// What kind of thing an owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Account,
    Trunk,
    Provider,
    Route,
    Gateway,
    Partition,
    Member,
    Override,
}

impl Kind {
    fn of(word: &str) -> Result<Kind, DbError> {
        Ok(match word {
            "account" => Kind::Account,
            "trunk" => Kind::Trunk,
            "provider" => Kind::Provider,
            "route" => Kind::Route,
            "gateway" => Kind::Gateway,
            "partition" => Kind::Partition,
            "member" => Kind::Member,
            "override" => Kind::Override,
            other => return Err(DbError::Corrupt(format!("{other:?} owns nothing"))),
        })
    }
}

/// An owner: its kind and id; a member's id is `partition/route`.
type Owner = (Kind, String);

/// Everything that belongs to somebody.
pub(super) struct Owned {
    volumes: HashMap<Owner, Vec<VolumeLimit>>,
    windows: HashMap<Owner, Vec<RecurringWindow>>,
    screening: HashMap<Owner, Screening>,
    wallets: HashMap<String, Vec<Wallet>>,
    dial_rules: HashMap<String, Vec<DialRule>>,
}

impl Owned {
    pub(super) fn load(transaction: &mut Transaction<'_>) -> Result<Owned, DbError> {
        Ok(Owned {
            volumes: grouped(all(transaction, query!("load_volumes"), volume)?),
            windows: grouped(all(transaction, query!("load_windows"), window)?),
            screening: load_screening(transaction)?,
            wallets: grouped(all(
                transaction,
                "SELECT *, kind::text AS kind_word FROM wallet ORDER BY account, id",
                wallet,
            )?),
            dial_rules: grouped(all(
                transaction,
                "SELECT * FROM trunk_dial_rule ORDER BY trunk, position",
                dial_rule,
            )?),
        })
    }

    pub(super) fn volumes(&mut self, kind: Kind, owner: &str) -> Vec<VolumeLimit> {
        self.volumes.remove(&(kind, owner.to_owned())).unwrap_or_default()
    }

    pub(super) fn wallets(&mut self, account: &str) -> Vec<Wallet> {
        self.wallets.remove(account).unwrap_or_default()
    }

    pub(super) fn dial_rules(&mut self, trunk: &str) -> Vec<DialRule> {
        self.dial_rules.remove(trunk).unwrap_or_default()
    }

    /// What an owner may not use: its lists, and the columns of its row.
    pub(super) fn screening(
        &mut self,
        kind: Kind,
        owner: &str,
        row: &Fields<'_>,
    ) -> Result<Screening, DbError> {
        let Screening { blocked_ani, allowed_ani, blocked_dnis, allowed_dnis, .. } =
            self.screening.remove(&(kind, owner.to_owned())).unwrap_or_default();
        Ok(Screening {
            blocked_ani,
            allowed_ani,
            blocked_dnis,
            allowed_dnis,
            destination_classes: row.words_or_null("destination_class_words")?,
            countries: row
                .word::<crate::words::CountryRule>("country_rule_word")?
                .with(row.get("country_list")?),
        })
    }

    /// The schedule of an owner, if its row says that it has one.
    pub(super) fn schedule(
        &mut self,
        kind: Kind,
        owner: &str,
        row: &Fields<'_>,
    ) -> Result<Option<Schedule>, DbError> {
        if !row.get::<bool>("scheduled")? {
            return Ok(None);
        }
        let windows = self.windows.remove(&(kind, owner.to_owned())).unwrap_or_default();
        Ok(Some(Schedule { time_zone: row.text_or_empty("schedule_time_zone")?, windows }))
    }
}

/// Lists by owner, in the order of the rows.
fn grouped<K: std::hash::Hash + Eq, T>(rows: Vec<(K, T)>) -> HashMap<K, Vec<T>> {
    let mut grouped: HashMap<K, Vec<T>> = HashMap::new();
    for (owner, value) in rows {
        grouped.entry(owner).or_default().push(value);
    }
    grouped
}

fn owner(row: &Fields<'_>) -> Result<Owner, DbError> {
    Ok((Kind::of(row.get("kind")?)?, row.get("owner")?))
}

fn volume(row: &Fields<'_>) -> Result<(Owner, VolumeLimit), DbError> {
    let volume = VolumeLimit {
        period: row.word("period")?,
        counts: row.word("counts")?,
        calls_max: row.unsigned::<i64, u32>("calls_max")?,
    };
    Ok((owner(row)?, volume))
}

fn window(row: &Fields<'_>) -> Result<(Owner, RecurringWindow), DbError> {
    let window = RecurringWindow {
        days: row.unsigned::<i16, u8>("days")?,
        month_days: row.unsigned::<i32, u32>("month_days")?,
        months: row.unsigned::<i16, u16>("months")?,
        from_sec: row.unsigned::<i32, u32>("from_sec")?,
        until_sec: row.unsigned::<i32, u32>("until_sec")?,
    };
    Ok((owner(row)?, window))
}

fn load_screening(transaction: &mut Transaction<'_>) -> Result<HashMap<Owner, Screening>, DbError> {
    let mut lists: HashMap<Owner, Screening> = HashMap::new();
    all(transaction, query!("load_screening"), |row| {
        let screening = lists.entry(owner(row)?).or_default();
        let prefix: &str = row.get("prefix")?;
        match row.get("list")? {
            "blocked_ani" => screening.blocked_ani.push(digits("prefix", prefix)?),
            "allowed_ani" => screening.allowed_ani.push(digits("prefix", prefix)?),
            "blocked_dnis" => screening.blocked_dnis.push(blocked(prefix)?),
            "allowed_dnis" => screening.allowed_dnis.push(digits("prefix", prefix)?),
            other => return Err(DbError::Corrupt(format!("{other:?} is no number list"))),
        }
        Ok(())
    })?;
    Ok(lists)
}

fn blocked(prefix: &str) -> Result<BlockedPrefix, DbError> {
    match prefix {
        "1___976" => Ok(BlockedPrefix::AnyNpa976),
        digits_text => digits("prefix", digits_text).map(BlockedPrefix::Prefix),
    }
}

fn wallet(row: &Fields<'_>) -> Result<(String, Wallet), DbError> {
    let wallet = Wallet {
        id: row.get("id")?,
        kind: row.word("kind_word")?,
        priority: row.get("priority")?,
        threshold: row.get("threshold")?,
        credit_limit: row.get("credit_limit")?,
    };
    Ok((row.get("account")?, wallet))
}

fn dial_rule(row: &Fields<'_>) -> Result<(String, DialRule), DbError> {
    let rule = DialRule {
        prefix: row.get("prefix")?,
        len: row.unsigned_or_null::<i16, u8>("len")?,
        strip: row.unsigned::<i16, u8>("strip")?,
        add: row.digits("add")?,
    };
    Ok((row.get("trunk")?, rule))
}
