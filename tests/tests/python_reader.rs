//! A reader that was written from `docs/SNAPSHOT_FORMAT.md` alone, in another language, reads what the writer writes.

use std::process::Command;

use rating_core::snapshot::write::compile;
use tandem_tests::lab::binaries::root;

#[path = "../format/plan.rs"]
mod plan;

#[test]
fn a_stranger_s_reader_reads_the_fixture_and_prices_its_calls() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), compile(&plan::plan(), plan::AT).expect("a snapshot")).expect("written");
    let output = Command::new("python3")
        .arg("-B")
        .arg(root().join("tests/python/test_read_snapshot.py"))
        .args([file.path(), &root().join("tests/format")])
        .output()
        .expect("python3 is installed: `make test` sees to it");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("as they should be"), "{said}{complained}");
}
