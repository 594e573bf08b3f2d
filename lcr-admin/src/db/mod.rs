//! PostgreSQL as a source of plans: what a plan directory holds, this holds too, without loss.
//!
//! ```text
//! connect → migrate (schema)                       lcr-admin migrate
//!         → apply_plan (the database = the plan)   lcr-admin plan apply DIR
//!         → load_plan  (the plan = the database)   lcr-admin plan export DIR, publish, simulate
//!         → import_deck (one new version)          lcr-admin deck import FILE
//! ```
//!
//! Each is one transaction. Nothing here decides what a call costs or where it goes, and nothing here is on
//! the call path: calls are decided from a published snapshot.

mod apply;
mod connect;
mod copy;
mod currency;
mod deck_rows;
mod decks;
mod error;
mod import;
mod leases;
mod load;
mod migrate;
mod plan_rows;
mod tables;
mod wallets;

pub use apply::{Applied, Progress, TableChange, apply_plan};
pub use connect::{DatabaseArgs, connect};
pub use decks::{DeckSummary, FoundRow, VersionSummary, find_rows, list_decks, list_versions};
pub use error::DbError;
pub use import::{DeckOwner, Import, Imported, PriceList, import_deck, time_zone_of};
pub use leases::{
    Lease, LeaseHolder, Seen, Spender, close_old_leases, give_back_lease, renew_lease, see_leases,
};
pub use load::load_plan;
pub use migrate::{Migrated, Migration, migrate, require_current_schema};
pub use wallets::{
    LedgerRow, Movement, WalletId, WalletSummary, book, book_calls, ledger, list_wallets, movement_of,
    read_positions, tell_event,
};
