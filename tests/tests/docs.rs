//! What the documentation names is there: files, make targets, commands.

use std::fs;
use std::path::{Path, PathBuf};

use tandem_tests::lab::binaries::root;

/// Every page for people, and its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = Vec::new();
    let mut directories = vec![root(), root().join("docs"), root().join("examples")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the repository").flatten() {
            let path = entry.path();
            if path.is_dir() && directory != root() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).expect("a page is text");
                pages.push((path, text));
            }
        }
    }
    assert!(pages.len() > 8, "the pages are found");
    pages
}

/// What stands between `open` and `close`, each time.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

fn missing(found: impl Fn(&Path, &str) -> Vec<String>) -> Vec<String> {
    let of_page = |(path, text): (PathBuf, String)| {
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        found(&path, &text).into_iter().map(move |what| format!("{name}: {what}")).collect::<Vec<_>>()
    };
    pages().into_iter().flat_map(of_page).collect()
}

/// How many there are of what `docs/PROOFS.md` counts.
#[test]
fn proofs_are_counted() {
    let read = |path: &Path| fs::read_to_string(path).expect("a file of the repository");
    let rules = fs::read_dir(root().join("tests/tests/rules")).expect("the tests of rules").flatten();
    let rules: usize = rules.map(|file| read(&file.path()).matches("#[test]").count()).sum();
    let scenarios = tandem_tests::scenario::all().expect("the scenarios are readable").len();
    let kinds = tandem_tests::soak::kinds::KINDS.len();
    let proofs = read(&root().join("docs/PROOFS.md"));
    for said in [
        format!("| {rules} tests of single rules |"),
        format!("| {scenarios} ways a call can go"),
        format!("one in a hundred of each of {kinds} kinds"),
    ] {
        assert!(proofs.contains(&said), "docs/PROOFS.md should say: {said}");
    }
}

#[test]
fn links_lead_somewhere() {
    let dead = missing(|page, text| {
        let directory = page.parent().expect("a page is in a directory");
        let links = between(text, "](", ")").filter(|link| !link.contains("://") && !link.starts_with('#'));
        let file = |link: &str| directory.join(link.split('#').next().unwrap_or_default());
        links.filter(|link| !file(link).exists()).map(str::to_owned).collect()
    });
    assert_eq!(dead, Vec::<String>::new());
}

#[test]
fn files_named_are_there() {
    let directories = [
        "docs/",
        "kamailio-cfg/",
        "kamailio-ffi/",
        "rating-core/",
        "rating-node/",
        "lcr-admin/",
        "tests/",
        "examples/",
    ];
    let gone = missing(|_, text| {
        let named =
            between(text, "`", "`").filter(|name| directories.iter().any(|start| name.starts_with(start)));
        let plain =
            named.filter(|name| !name.contains(['*', '{', '<', ' ', '$', '…']) && !name.contains("NNNN"));
        plain.filter(|name| !root().join(name).exists()).map(str::to_owned).collect()
    });
    assert_eq!(gone, Vec::<String>::new());
}

#[test]
fn make_targets_named_are_there() {
    let makefile = fs::read_to_string(root().join("Makefile")).expect("a Makefile");
    let is_target = |name: &str| makefile.lines().any(|line| line.starts_with(&format!("{name}:")));
    let unknown = missing(|_, text| {
        // A target, and perhaps its variables.
        let named = between(text, "`make ", "`").filter_map(|words| words.split(' ').next());
        named.filter(|name| !is_target(name)).map(|name| format!("make {name}")).collect()
    });
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn commands_named_are_there() {
    let commands = fs::read_to_string(root().join("lcr-admin/src/cmd/mod.rs")).expect("the commands");
    let is_command = |name: &str| commands.contains(&format!("pub mod {name};"));
    let unknown = missing(|_, text| {
        let words = between(text, "lcr-admin ", " ")
            .filter_map(|rest| rest.split(['`', '\n', ':', ',', ';', '.', ')']).next());
        let verbs =
            words.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        let unknown = verbs.filter(|verb| !is_command(verb) && !PROSE.contains(verb));
        unknown.map(|verb| format!("lcr-admin {verb}")).collect()
    });
    assert_eq!(unknown, Vec::<String>::new());
}

/// Words that follow `lcr-admin` in sentences.
const PROSE: [&str; 8] = ["checks", "and", "is", "reads", "writes", "in", "on", "with"];
