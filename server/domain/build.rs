//! Compresses the built-in model catalogue, so that the binary carries a tenth of it.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

const CATALOGUE: &str = "data/models.json";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    let target = fs::File::create(Path::new(&folder).join("models.json.zz"))?;
    let mut encoder = ZlibEncoder::new(target, Compression::best());
    encoder.write_all(&fs::read(CATALOGUE)?)?;
    encoder.finish()?;
    Ok(())
}
