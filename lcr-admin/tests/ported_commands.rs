//! `ported`, as a shell sees it: exit status, what is said, files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A private directory, in which commands run.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of the files that are there.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
        command.env_remove("DATABASE_URL").current_dir(self.0.path()).args(args).output().unwrap()
    }

    /// Imports, which must be done; the one JSON object that is printed.
    #[track_caller]
    fn import(&self, args: &[&str]) -> Value {
        let output = self.run(&[&["--json", "ported", "import"], args].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Imports, which must be refused; what is said then.
    #[track_caller]
    fn refused(&self, args: &[&str]) -> String {
        let output = self.run(&[&["ported", "import"], args].concat());
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// The LRN of a number by the file `ported`.
    #[track_caller]
    fn lrn(&self, number: &str) -> Option<String> {
        let output = self.run(&["--json", "ported", "lookup", "ported", number]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["lrn"].as_str().map(str::to_owned)
    }
}

#[test]
fn r10_3_a_number_that_is_not_ported_any_more_is_looked_up_as_such() {
    let place = Place::new();
    place.write("list", "7207081999,7205550000\n7207081999,7207081999\n");
    let said = place.refused(&["list", "--out", "ported"]);
    assert!(said.contains("list:2: 17207081999 ") && said.contains("not ported"), "{said}");
    assert_eq!(place.names(), ["list"]);
    let said = place.import(&["list", "--out", "ported", "--duplicates", "last"]);
    assert_eq!((&said["numbers"], &said["not_ported"]), (&Value::from(0), &Value::from(1)));
    assert_eq!(place.lrn("7207081999"), None);
}

#[test]
fn an_empty_delivery_leaves_the_old_file() {
    let place = Place::new();
    place.write("list", "7207081999,7205550000\n");
    place.import(&["list", "--out", "ported"]);
    for (nth, empty) in ["", "tn,lrn\n", "\u{feff}\r\n\n"].into_iter().enumerate() {
        place.write("empty", empty);
        for args in
            [&["empty", "--out", "ported"][..], &["empty", "empty", "--out", "new", "--skip-bad", "bad"]]
        {
            let said = place.refused(args);
            assert!(said.contains("no row") && said.contains("nothing was imported"), "{nth}: {said}");
        }
        assert_eq!(place.lrn("7207081999").as_deref(), Some("17205550000"), "{nth}");
    }
    // Nor is a list of which no row is good.
    place.write("empty", "<html>\n<body>502 Bad Gateway</body>\n");
    let said = place.refused(&["empty", "--out", "ported", "--skip-bad", "bad"]);
    assert!(said.contains("2 rows are bad; nothing was imported"), "{said}");
    assert_eq!(place.lrn("7207081999").as_deref(), Some("17205550000"));
    assert_eq!(place.names(), ["empty", "list", "ported"]);

    // An empty list beside one with rows is no harm, and rows that all say "not ported" are rows.
    place.write("empty", "tn,lrn\n");
    assert_eq!(place.import(&["list", "empty", "--out", "ported"])["numbers"], 1);
    place.write("list", "7207081999,7207081999\n");
    assert_eq!(place.import(&["list", "--out", "ported"])["numbers"], 0);
    assert_eq!(place.lrn("7207081999"), None);
}

#[test]
fn r10_2_skipped_rows_are_written_when_the_import_is_done_and_not_before() {
    let place = Place::new();
    place.write("list", "7207081999,7205550000\n720708200,7205550000\n");
    let skip = ["--skip-bad", "bad"];
    // Where the file cannot be written, no rows are left that would bar the next run.
    let said = place.refused(&[&["list", "--out", "none/ported"], &skip[..]].concat());
    assert!(said.contains("none/ported cannot be written"), "{said}");
    assert!(!said.contains("skipped:"), "{said}");
    assert_eq!(place.names(), ["list"]);
    // Where the rows cannot, there is no file.
    let long = "x".repeat(300);
    for (bad, why) in [
        ("list", "not there yet"),
        ("none/bad", "cannot be written"),
        (&long, "cannot be written"),
        ("./ported", "--out"),
    ] {
        let said = place.refused(&["list", "--out", "ported", "--skip-bad", bad]);
        assert!(said.contains(bad) && said.contains(why), "{said}");
        assert_eq!(place.names(), ["list"], "{bad}");
    }
    std::os::unix::fs::symlink("nowhere", place.path("link")).unwrap();
    assert!(place.refused(&["list", "--out", "ported", "--skip-bad", "link"]).contains("not there yet"));
    assert_eq!(place.names(), ["link", "list"]);

    let said = place.import(&[&["list", "--out", "ported"], &skip[..]].concat());
    assert_eq!((&said["numbers"], &said["skipped"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(place.text("bad"), "720708200,7205550000\n");
    assert_eq!(mode(&place.path("bad")), mode(&place.path("list")));
    assert_eq!(place.names(), ["bad", "link", "list", "ported"]);
    // Rows that were kept are never written over; where none is bad, nothing is.
    place.write("list", "7207081999,3035550000\n720708201,7205550000\n");
    assert!(place.refused(&[&["list", "--out", "ported"], &skip[..]].concat()).contains("not there yet"));
    assert_eq!(place.lrn("7207081999").as_deref(), Some("17205550000"));
    place.write("list", "7207081999,3035550000\n");
    place.import(&[&["list", "--out", "ported"], &skip[..]].concat());
    assert_eq!(place.text("bad"), "720708200,7205550000\n");
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode()
}
