//! A small plan directory without mistakes, that tests spoil.

use std::fs;
use std::path::Path;

use lcr_admin::plan::{PlanErrors, read_dir};
use tempfile::TempDir;

/// Its files.
pub const GOOD: [(&str, &str); 7] = [
    ("plan.toml", "name = \"small\"\ncurrency = \"USD\"\n"),
    (
        "accounts.toml",
        "[[account]]\nid = \"acme\"\ncost_plus = { margin_percent = \"10\" }\npartitions = [\"all\"]\n",
    ),
    ("trunks.toml", "[[trunk]]\nid = \"acme_main\"\naccount = \"acme\"\nsources = [\"192.0.2.0/24\"]\n"),
    (
        "providers.toml",
        "[[provider]]\nid = \"north\"\nkind = \"lrn\"\n\n[[provider.route]]\nid = \"north_std\"\ndeck = \"north\"\n\n\
         [[provider.route.gateway]]\nid = \"gw1\"\ndial_string = \"sip:+${number}@gw1.example:5060\"\n",
    ),
    ("partitions.toml", "[[partition]]\nid = \"all\"\n\n[[partition.member]]\nroute = \"north_std\"\n"),
    (
        "decks.toml",
        "[[deck]]\nid = \"north\"\n\n[[deck.version]]\nnumber = 1\neffective_from = 2024-01-01T00:00:00Z\n\
         scope = \"full\"\nfile = \"decks/north.csv\"\n",
    ),
    (
        "decks/north.csv",
        "destination,prefix,rate_inter,rate_intra,billing\nDenver,1303555,0.0040,0.0090,6/6\n",
    ),
];

/// The plan with other or more files.
pub fn with(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in GOOD.iter().chain(files) {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// What is told of a directory: mistakes, or warnings if there are none.
pub fn told(dir: &Path) -> Vec<String> {
    match read_dir(dir) {
        Ok(loaded) => loaded.warnings.iter().map(|warning| format!("warning {warning}")).collect(),
        Err(PlanErrors { errors, .. }) => errors.iter().map(ToString::to_string).collect(),
    }
}
