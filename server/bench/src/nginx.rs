//! nginx as the yardstick: a plain reverse proxy with keep-alive on both sides, configured into a temporary folder.
//!
//! One process, since the gateway has one core, and since workers would outlive a master that is killed. Streams go through
//! a server of their own without buffering. Needs no root.

use crate::Problem;
use crate::process::{Running, free_port, get};
use crate::provider::Provider;
use crate::target::Target;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where Debian and others put it; a plain user's path often has no `sbin`.
const PLACES: [&str; 4] = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"];

/// The command and its version; `None` if it is not installed.
pub fn find() -> Option<(&'static str, String)> {
    PLACES.into_iter().find_map(|place| {
        let output = Command::new(place).arg("-v").stdin(Stdio::null()).output().ok()?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        output.status.success().then(|| (place, said.trim_start_matches("nginx version: ").to_owned()))
    })
}

pub async fn start(
    binary: &str,
    folder: &Path,
    provider: &Provider,
    core: Option<usize>,
) -> Result<(Running, Target), Problem> {
    std::fs::create_dir_all(folder)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let stream_address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration(folder, address, stream_address, provider.address))?;
    let mut command = Command::new(binary);
    command.arg("-p").arg(folder).arg("-c").arg(&file).arg("-e").arg(folder.join("error.log"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Running::start("nginx", core, &mut command)?;
    let begun = Instant::now();
    while get(address, "/bench-is-up", "").await.is_err() {
        running.check().map_err(|problem| {
            let log = std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
            format!("{problem}: {log}")
        })?;
        if begun.elapsed() > Duration::from_secs(10) {
            return Err("nginx does not answer".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let target = Target { stream_address, ..Target::open("nginx", address, provider, Some(running.pid())) };
    Ok((running, target))
}

fn configuration(folder: &Path, plain: SocketAddr, streams: SocketAddr, provider: SocketAddr) -> String {
    let folder = folder.display();
    let places: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .collect();
    let server = |address: SocketAddr, buffering: &str| {
        format!(
            "    server {{
        listen {address};
        location = /bench-is-up {{ return 204; }}
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_buffering {buffering};
        }}
    }}\n"
        )
    };
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
{places}    access_log off;
    tcp_nodelay on;
    keepalive_timeout 600s;
    keepalive_requests 100000000;
    client_max_body_size 64m;
    client_body_buffer_size 64k;
    upstream provider {{
        server {provider};
        keepalive 512;
        keepalive_requests 100000000;
        keepalive_timeout 600s;
    }}
{}{}}}
",
        server(plain, "on"),
        server(streams, "off"),
    )
}
