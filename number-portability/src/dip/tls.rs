//! TLS to a service: who is trusted, and a connection to one host.
//!
//! Trusted are the certificate authorities of the system, and those of a file of our own beside them. A service whose
//! certificate is of nobody that is trusted, or for another name, or out of date, is not asked: that is an error with its
//! reason, and there is no switch that turns it off.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Why TLS cannot be spoken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file of authorities.
    #[error("{path}: {what}; expected certificates in PEM")]
    Authorities {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// Nobody is trusted.
    #[error("this machine has no certificate authorities: install ca-certificates, or name a file of them")]
    NobodyIsTrusted,
    /// The cryptography.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Whom to trust: the system's authorities, and those of a file in PEM; an empty path is none.
///
/// # Errors
/// [`TlsError`], with what to do about it.
pub(super) fn trust(authorities: &str) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if !authorities.is_empty() {
        let refused = |what: String| TlsError::Authorities { path: authorities.to_owned(), what };
        let found = CertificateDer::pem_file_iter(Path::new(authorities))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| refused(error.to_string()))?;
        if found.is_empty() {
            return Err(refused("no certificate is in it".to_owned()));
        }
        for certificate in found {
            roots.add(certificate).map_err(|error| refused(error.to_string()))?;
        }
    }
    if roots.is_empty() {
        return Err(TlsError::NobodyIsTrusted);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| TlsError::Setup(error.to_string()))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// The name that a service's certificate must be for: that of the URL, without its port.
///
/// # Errors
/// If it can be nobody's name.
pub(super) fn name_of(host: &str) -> Result<ServerName<'static>, InvalidDnsNameError> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(bare, _)| bare);
    let name = bare.unwrap_or_else(|| host.rsplit_once(':').map_or(host, |(name, _)| name));
    ServerName::try_from(name.to_owned())
}

/// A connection over another one.
///
/// # Errors
/// If it cannot be begun. The certificate is checked with the first byte.
pub(super) fn over<S: Read + Write>(
    stream: S,
    config: &Arc<ClientConfig>,
    name: ServerName<'static>,
) -> std::io::Result<StreamOwned<ClientConnection, S>> {
    let connection = ClientConnection::new(Arc::clone(config), name).map_err(std::io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}
