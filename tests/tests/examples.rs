//! Every example, and every plan of the tests, is a plan without a mistake; every configuration that ships, one that Kamailio
//! takes.

use std::fs;
use std::process::Command;

use tandem_tests::lab::admin::Admin;
use tandem_tests::lab::binaries::{Binaries, root};
use tempfile::TempDir;

#[test]
fn every_example_can_be_published() {
    let admin = Admin::new(&Binaries::build().expect("the programs build").lcr_admin);
    let snapshots = TempDir::new().expect("a directory");
    let mut names = Vec::new();
    for parent in ["examples", "tests/plans"] {
        for entry in fs::read_dir(root().join(parent)).expect("a directory of plans") {
            let plan = entry.expect("an entry").path();
            if plan.join("plan.toml").exists() {
                let name = plan.file_name().expect("a name").to_string_lossy().into_owned();
                admin.publish(&plan, &snapshots.path().join(&name)).expect(&name);
                names.push(name);
            }
        }
    }
    for expected in ["wholesale", "campaigns", "prepaid", "every_call"] {
        assert!(names.iter().any(|name| name == expected), "{expected} is among {names:?}");
    }
}

#[test]
fn every_configuration_is_taken_by_kamailio() {
    for name in ["wholesale", "campaigns", "prepaid"] {
        let file = root().join("kamailio-cfg").join(name).with_extension("cfg");
        let checked = Command::new("kamailio").arg("-c").arg("-f").arg(file).output().expect("Kamailio runs");
        assert!(checked.status.success(), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
    }
}
