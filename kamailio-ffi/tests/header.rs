//! `include/tandem.h` is what the source says. `make header` writes it anew.

use std::path::Path;

#[test]
fn the_committed_header_is_that_of_the_source() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config =
        cbindgen::Config::from_file(package.join("cbindgen.toml")).expect("cbindgen.toml is readable");
    let bindings = cbindgen::generate_with_config(package, config).expect("the source has a header");
    let mut generated = Vec::new();
    bindings.write(&mut generated);
    let generated = String::from_utf8(generated).expect("a header is text");

    let committed = package.join("include/tandem.h");
    if std::env::var_os("TANDEM_WRITE_HEADER").is_some() {
        std::fs::write(&committed, &generated).expect("include/ is writable");
    }
    let on_disk = std::fs::read_to_string(&committed).expect("include/tandem.h is there");
    assert!(on_disk == generated, "include/tandem.h is not what the source says: run `make header`");
}
