//! The only part of the lab that knows of HTTP: the page at `/`, all else under `/api/`, on this machine alone.

mod assets;
mod guard;
mod limit;
mod reply;
mod routes;

use super::mailbox::Mailbox;
pub(super) use assets::PAGE;
use axum::{Router, middleware};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guard::Guard;
use limit::Limited;
use rand::TryRng;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The first port that is tried.
const PORT: u16 = 7777;
/// How many more are tried after it.
const MORE: u16 = 100;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Somebody else is there.
    #[error("port {port} of 127.0.0.1 cannot be had: {reason}; choose another with --port, or leave it out")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// Why not.
        reason: io::Error,
    },
    /// Every port that was tried is in use.
    #[error("no port from {PORT} to {last} of 127.0.0.1 can be had: {reason}")]
    NoPort {
        /// The last one that was tried.
        last: u16,
        /// Why it could not be had.
        reason: io::Error,
    },
    /// The system gives no random numbers, or no sockets.
    #[error("the lab's server cannot be started: {0}")]
    Start(String),
}

/// Where a page finds the lab, and what it must know.
#[derive(Debug)]
pub struct Address {
    listener: TcpListener,
    port: u16,
    token: String,
    assets: Option<PathBuf>,
}

impl Address {
    /// A port of this machine that nobody else has: this one, or without one the first that is free from 7777 on. And a
    /// token of 128 random bits.
    ///
    /// # Errors
    /// When there is none.
    pub fn take(port: Option<u16>) -> Result<Self, ServerError> {
        let bind = |port: u16| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let listener = match port {
            Some(port) => bind(port).map_err(|reason| ServerError::Port { port, reason })?,
            None => {
                let mut tries = (PORT..=PORT + MORE).map(bind);
                let first = tries.next().expect("there is a first");
                let free = tries.try_fold(first, |tried, next| match tried {
                    Ok(listener) => Err(listener),
                    Err(_) => Ok(next),
                });
                let no_port = |reason| ServerError::NoPort { last: PORT + MORE, reason };
                free.map_or_else(Ok, |last| last.map_err(no_port))?
            }
        };
        let start = |error: &dyn fmt::Display| ServerError::Start(error.to_string());
        let port = listener.local_addr().map_err(|error| start(&error))?.port();
        let mut random = [0u8; 16];
        rand::rngs::SysRng.try_fill_bytes(&mut random).map_err(|error| start(&error))?;
        Ok(Self { listener, port, token: URL_SAFE_NO_PAD.encode(random), assets: None })
    }

    /// The same, where the page's files are read from this directory each time they are asked for: for whoever works on
    /// the page. What is not there is the program's own.
    pub fn with_assets(self, directory: Option<PathBuf>) -> Self {
        Self { assets: directory, ..self }
    }

    /// Where it is.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What `Authorization: Bearer` must say.
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// The page's address; what stands after the `#` never leaves the browser.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://127.0.0.1:{}/#{}", self.port, self.token)
    }
}

/// Serves the page until `is_over`, which is asked every so often. To be called on a thread of its own.
///
/// # Errors
/// When the system refuses.
pub fn serve(
    address: Address,
    mailbox: Arc<Mailbox>,
    every: Duration,
    is_over: impl Fn() -> bool,
) -> Result<(), ServerError> {
    let start = |error: io::Error| ServerError::Start(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
    let Address { listener, port, token, assets } = address;
    listener.set_nonblocking(true).map_err(start)?;
    let guard = Arc::new(Guard::new(port, &token));
    let router: Router = routes::router(mailbox, assets).layer(middleware::from_fn_with_state(guard, guard::check));
    let end = async {
        while !is_over() {
            tokio::time::sleep(every).await;
        }
    };
    runtime.block_on(async {
        let listener = Limited::new(tokio::net::TcpListener::from_std(listener).map_err(start)?);
        // Whoever is still being answered is not waited for: nothing would be lost.
        tokio::select! {
            ended = axum::serve(listener, router).into_future() => ended.map_err(start),
            () = end => Ok(()),
        }
    })
}
