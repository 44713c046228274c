//! Embeds the style sheet and the static files under names that contain a hash of their content.
//!
//! `style/*.css` become one file in the order of `style/order.txt`; files of `public/` are taken as they are.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut list = String::from("pub const ALL: &[Asset] = &[\n");

    let css = out.join("keywright.css");
    fs::write(&css, style_sheet(&root.join("style"))?)?;
    embed(&mut list, "keywright.css", &css)?;

    let public = root.join("public");
    println!("cargo::rerun-if-changed={}", public.display());
    for file in files_below(&public)? {
        let source = file.strip_prefix(&public)?.to_string_lossy().replace('\\', "/");
        embed(&mut list, &source, &file)?;
    }

    list.push_str("];\n");
    fs::write(out.join("assets.rs"), list)?;
    Ok(())
}

/// The files of `style/order.txt`, in that order. A file that is missing here or there is a mistake that nobody would see.
fn style_sheet(folder: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let order = fs::read_to_string(folder.join("order.txt"))?;
    let names: Vec<&str> = order.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    let mut sheet = String::new();
    for name in &names {
        sheet.push_str(&fs::read_to_string(folder.join(name)).map_err(|error| format!("style/{name}: {error}"))?);
        sheet.push('\n');
    }
    for file in files_below(folder)? {
        let name = file.strip_prefix(folder)?.to_string_lossy();
        if name.ends_with(".css") && !names.contains(&name.as_ref()) {
            return Err(format!("add {name} to style/order.txt, or it is not part of the style sheet").into());
        }
    }
    Ok(sheet)
}

/// Sorted, so that the same sources always make the same binary.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn embed(list: &mut String, source: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", file.display());
    let (stem, extension) =
        source.rsplit_once('.').ok_or_else(|| format!("{source} has no extension, so its content type is unknown"))?;
    let content_type = match extension {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        other => return Err(format!("add the content type of .{other} to server/build.rs").into()),
    };
    let name = format!("{stem}.{:016x}.{extension}", content_hash(&fs::read(file)?));
    let file = file.canonicalize()?;
    writeln!(
        list,
        "    Asset {{ source: {source:?}, name: {name:?}, content_type: {content_type:?}, bytes: include_bytes!({file:?}) }},"
    )?;
    Ok(())
}

/// FNV-1a, 64 bits: enough to tell versions of a file apart; nothing depends on it being hard to collide.
fn content_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
