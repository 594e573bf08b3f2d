//! `serve`: the HTTP service of a node.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::http;
use crate::look::Observer;
use crate::output::{Output, say};

/// Arguments of `serve`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The node's state file, that of Kamailio's workers.
    #[arg(long, value_name = "PATH")]
    state: PathBuf,
    /// Where to listen. Nobody is asked who they are: name an address that only those reach who may know.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464")]
    listen: SocketAddr,
}

/// Serves until SIGTERM or SIGINT. The first line says where.
///
/// # Errors
/// If there is no node's state, or the address cannot be listened at.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let observer = Observer::open(&args.state)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(args.listen).await;
        let listener = listener.with_context(|| format!("listening at {}", args.listen))?;
        let address = listener.local_addr()?;
        match output {
            Output::Json => Output::print_json(&serde_json::json!({ "listening": address.to_string() }))?,
            Output::Human => say!("http://{address}/metrics"),
        }
        http::serve(listener, observer).await
    })
}
