//! `cargo xtask serve`: trunk builds, serves and rebuilds; here we see to its tools, its port and the address line.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::lab::Lab;
use crate::tools;

#[derive(clap::Args)]
pub struct Options {
    /// Port to serve on
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Build as published: small and fast, but slow to build
    #[arg(long)]
    release: bool,
    /// Open a browser once the page is ready
    #[arg(long)]
    open: bool,
}

pub fn serve(lab: &Lab, options: &Options) -> Result<()> {
    check_port(options.port)?;
    let wanted = if options.release { [tools::PAGE, tools::RELEASE].concat() } else { tools::PAGE.to_vec() };
    tools::provide(lab, &wanted, "building the page, about 2 minutes the first time")?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))?;
    watch(start_trunk(lab, options)?, options.port, &stop)
}

fn check_port(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => match free_port_after(port) {
            Some(free) => bail!("port {port} is taken: try `cargo xtask serve --port {free}`"),
            None => bail!("port {port} is taken: choose another one with --port"),
        },
        Err(error) => bail!("port {port} cannot be used ({error}): choose another one with --port, above 1023"),
    }
}

fn free_port_after(port: u16) -> Option<u16> {
    (port.max(1023)..u16::MAX)
        .map(|port| port + 1)
        .take(100)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

fn start_trunk(lab: &Lab, options: &Options) -> Result<Child> {
    let port = options.port.to_string();
    // Not dist/: a release build may be tested meanwhile.
    let dist = lab.target.join("serve");
    std::fs::create_dir_all(&dist).with_context(|| format!("cannot make the folder {}", dist.display()))?;
    let release = options.release.then_some("--release");
    let open = options.open.then_some("--open");
    let mut trunk: Command = cmd!(
        lab.sh,
        "trunk --log warn serve --address 127.0.0.1 --port {port} --disable-address-lookup --dist {dist} {release...} {open...}"
    )
    .into();
    trunk.spawn().context("trunk could not be started")
}

/// Says the address once the page is there; ends with trunk, or when the person asks for it.
fn watch(mut trunk: Child, port: u16, stop: &AtomicBool) -> Result<()> {
    let mut announced = false;
    loop {
        if let Some(status) = trunk.try_wait()? {
            if stop.load(Ordering::Relaxed) || status.success() {
                return Ok(());
            }
            bail!("trunk stopped: see above");
        }
        if stop.load(Ordering::Relaxed) {
            trunk.kill()?;
            trunk.wait()?;
            return Ok(());
        }
        if !announced && page_answers(port) {
            println!("SMM Lab: http://127.0.0.1:{port}/");
            announced = true;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn page_answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::{check_port, free_port_after};
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn a_taken_port_is_refused_with_a_free_one_to_try() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = taken.local_addr().expect("it is bound").port();
        let message = check_port(port).expect_err("it is taken").to_string();
        assert!(message.contains("is taken") && message.contains("--port"), "{message}");
    }

    #[test]
    fn there_is_no_port_after_the_last() {
        assert_eq!(free_port_after(u16::MAX), None);
    }
}
