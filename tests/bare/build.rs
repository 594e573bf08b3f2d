//! The program has `main` for C's start-up code and takes nothing of C but `read` and `write`.

fn main() {
    println!("cargo:rustc-link-arg-bins=-lc");
}
