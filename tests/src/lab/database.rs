//! Kamailio's tables as text files: dialogs, and users of the digest socket.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// Where Debian keeps the empty tables of `db_text`.
const EMPTY_TABLES: &str = "/usr/share/kamailio/dbtext/kamailio";

/// The realm of the digest socket, as the configuration says it.
pub const REALM: &str = "tandem";

/// Makes the tables in `dir`: no dialogs; the digest user `bella`, whose HA1 is MD5 of `bella:tandem:open-sesame`.
///
/// # Errors
/// When a table cannot be written.
pub fn make(dir: &Path) -> anyhow::Result<()> {
    fs::create_dir(dir).with_context(|| format!("creating {}", dir.display()))?;
    for table in ["version", "dialog", "dialog_vars", "htable"] {
        let from = Path::new(EMPTY_TABLES).join(table);
        fs::copy(&from, dir.join(table)).with_context(|| format!("copying {}", from.display()))?;
    }
    let columns = fs::read_to_string(dir.join("htable"))?;
    let columns = columns.lines().next().context("a table has columns")?;
    // key_name, key_type, value_type (a text), key_value, expires
    let user = "1:bella:0:0:ef27410c26a3fcf2c2dab6fe56e8c83e:0";
    fs::write(dir.join("digest"), format!("{columns}\n{user}\n"))?;
    let versions = fs::read_to_string(dir.join("version"))?;
    fs::write(dir.join("version"), format!("{}\n0:digest:2\n", versions.trim_end()))?;
    Ok(())
}
