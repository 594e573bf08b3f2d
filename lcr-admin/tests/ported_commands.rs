//! `ported`, as a shell sees it: exit status, what is said, files.

use std::fs;
use std::path::PathBuf;
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
