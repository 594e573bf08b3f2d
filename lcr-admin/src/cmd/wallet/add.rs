//! `wallet add`: books a movement under a key, once.
//!
//! The same key again with the same movement is no error and changes nothing, so that whoever does not know whether it
//! was booked may try again. With another movement it is refused: one of the two would be lost.

use anyhow::{Context as _, bail, ensure};
use rating_core::money::Nano;
use rating_core::plan::WalletKind;

use super::{Which, amount_text, as_json};
use crate::db::{self, DatabaseArgs, Movement, WalletId};
use crate::output::{Output, say};

/// Arguments of `wallet add`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// How much: a decimal of the plan's currency, or whole seconds. Only an adjustment may be below 0.
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// What it is: paid in, paid back (which takes it out), or put right.
    #[arg(long = "as", value_name = "WHAT", value_enum, default_value = "purchase")]
    what: What,
    /// Names the movement for ever, such as the number of an invoice: under one key is booked once.
    #[arg(long)]
    key: String,
    /// Book for a wallet that neither the plan in the database nor the books know.
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Purchase,
    Refund,
    Adjust,
}

/// Runs the command.
pub(super) fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let id = args.which.id();
    let (movement, amount) = movement(&args, id.kind)?;
    ensure!(!args.key.is_empty() && !is_ours(&args.key), "--key {:?}: give it a name of your own", args.key);
    let mut client = db::connect(&args.database)?;
    db::require_current_schema(&mut client)?;
    if !args.new {
        require_known(&mut client, &id)?;
    }
    let is_new = db::book(&mut client, &id, movement, amount, &args.key)?;
    if !is_new {
        let before = db::movement_of(&mut client, &args.key)?.context("the movement is gone")?;
        ensure!(
            before == (id.clone(), movement.word().to_owned(), amount),
            "key {:?} is that of another movement: {} of {} for wallet {}/{}; nothing is booked",
            args.key,
            before.1,
            amount_text(before.0.kind, before.2),
            before.0.account,
            before.0.wallet
        );
    }
    let mut wallets = db::list_wallets(&mut client, Some(&id.account))?.into_iter();
    let wallet = wallets.find(|wallet| wallet.id == id).context("the wallet is gone")?;
    match output {
        Output::Json => {
            let mut object = as_json(&wallet);
            object["movement"] = movement.word().into();
            object["amount"] = amount_text(id.kind, amount).into();
            object["key"] = args.key.into();
            object["booked"] = is_new.into();
            Output::print_json(&object)?;
        }
        Output::Human => {
            let done = if is_new { "booked" } else { "was booked before, nothing is changed" };
            say!(
                "{} of {} {done}; {} with nobody, {} with nodes",
                movement.word(),
                amount_text(id.kind, amount),
                amount_text(id.kind, wallet.balance),
                amount_text(id.kind, wallet.with_nodes)
            );
        }
    }
    Ok(())
}

/// What is booked: what is paid back goes out.
fn movement(args: &Args, kind: WalletKind) -> anyhow::Result<(Movement, i64)> {
    let amount = match kind {
        WalletKind::Money => Nano::parse(args.amount.as_bytes()).map(|amount| amount.0).map_err(|error| {
            anyhow::anyhow!("amount {:?}: {error}; expected a decimal such as 12.50", args.amount)
        })?,
        WalletKind::Seconds => args
            .amount
            .parse()
            .with_context(|| format!("amount {:?}: expected whole seconds", args.amount))?,
    };
    match args.what {
        What::Adjust if amount != 0 => Ok((Movement::Adjust, amount)),
        What::Purchase if amount > 0 => Ok((Movement::Purchase, amount)),
        What::Refund if amount > 0 => Ok((Movement::Refund, -amount)),
        What::Adjust => bail!("amount {:?}: an adjustment of nothing", args.amount),
        _ => bail!("amount {:?}: expected more than 0; --as adjust takes any", args.amount),
    }
}

/// Keys that the agent makes.
fn is_ours(key: &str) -> bool {
    ["lease:", "call:", "used:"].iter().any(|ours| key.starts_with(ours))
}

fn require_known(client: &mut postgres::Client, id: &WalletId) -> anyhow::Result<()> {
    let known = db::list_wallets(client, Some(&id.account))?;
    ensure!(
        known.iter().any(|wallet| wallet.id == *id),
        "there is no wallet {}/{} of that kind; `lcr-admin wallet list` names those there are, --new books for a new one",
        id.account,
        id.wallet
    );
    Ok(())
}
