//! Accounts and their wallets.

use std::format;
use std::vec::Vec;

use super::super::super::layout::*;
use super::super::file::{Sections, stable_key};
use super::super::ids::check_id;
use super::super::{WriteError, lists, out_of_range};
use super::rules::Owner;
use super::{Context, screening};
use crate::plan::*;

pub(super) fn write(account: &Account, context: &Context<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let ids = context.ids;
    let owner = format!("account {}", account.id);
    let place = ids.accounts.find(&account.id, &owner)?;
    let zone = context.zones.place(&account.time_zone);
    let (min_margin_kind, min_margin_nano) = match account.min_margin {
        MinMargin::Amount(amount) => (0, amount.0),
        MinMargin::NanoPercent(share) => (1, share),
        MinMargin::AllowLoss => (2, 0),
    };
    let mut record = AccountRec {
        key: stable_key(&["account", &account.id]).into(),
        name: file.text(&account.id),
        partitions: lists::partitions(&account.partitions, &owner, ids, file)?,
        limits: lists::limits(&["account", &account.id], &account.limits, zone, file)?,
        sell_deck: ids.decks.find_or_none(account.sell_deck.as_ref(), &owner)?.into(),
        active: account.active.into(),
        sell_by_lrn: (account.sell_key == SellKey::Lrn).into(),
        min_margin_kind,
        min_margin_nano: min_margin_nano.into(),
        traffic: account.traffic as u8,
        screening: screening(&account.screening, &owner, file)?,
        wallets: wallets(account, &owner, file)?,
        excluded: context.rules.excluded_for(place),
        overrides: context.rules.overrides_of(Owner::Account(place)),
        zone: zone.into(),
        ..AccountRec::default()
    };
    if let Some(terms) = &account.cost_plus {
        if terms.margin_nano_percent < 0 || terms.fixed_fee_per_min.0 < 0 || terms.rounding.decimals > 9 {
            return Err(out_of_range(&owner, "cost-plus margin, fee or decimals out of range"));
        }
        record.cost_plus = 1;
        record.margin_nano_percent = terms.margin_nano_percent.into();
        record.fixed_fee_nano_per_min = terms.fixed_fee_per_min.0.into();
        record.rounding_mode = terms.rounding.mode.number();
        record.rounding_decimals = terms.rounding.decimals;
    }
    file.push(SectionId::Accounts, &[record]);
    Ok(())
}

/// An account's wallets, in the order in which they pay (8.1).
fn wallets(account: &Account, owner: &str, file: &mut Sections) -> Result<Range, WriteError> {
    let mut wallets: Vec<&Wallet> = account.wallets.iter().collect();
    wallets.sort_by_key(|wallet| (wallet.priority, &wallet.id));
    let mut records = Vec::new();
    for wallet in wallets {
        check_id("wallet", &wallet.id)?;
        if wallet.credit_limit < 0 {
            return Err(out_of_range(owner, &format!("wallet {}: its credit limit is negative", wallet.id)));
        }
        records.push(WalletRec {
            key: stable_key(&["wallet", &account.id, &wallet.id]).into(),
            name: file.text(&wallet.id),
            threshold: wallet.threshold.into(),
            credit_limit: wallet.credit_limit.into(),
            priority: wallet.priority.into(),
            kind: (wallet.kind == WalletKind::Seconds).into(),
            reserved: [0; 3],
        });
    }
    let mut names: Vec<&str> = account.wallets.iter().map(|wallet| wallet.id.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(WriteError::DuplicateId { kind: "wallet", id: format!("{} of {owner}", pair[0]) });
    }
    lists::list(SectionId::Wallets, &records, file)
}
