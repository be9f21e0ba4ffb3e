//! Writes corpus/<target>/ from the golden vectors.

use std::error::Error;
use std::fs;
use std::path::Path;

use peipkg_core::package::security::SecurityDescriptor;

fn main() -> Result<(), Box<dyn Error>> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    for entry in fs::read_dir(vectors.join("documents"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = match name.as_str() {
            name if name.ends_with("manifest.json") => "manifest",
            name if name.ends_with("files.json") => "files",
            name if name.ends_with(".sig") => "envelope",
            "active.json" | "archive.json" => "index",
            _ => "descriptor",
        };
        write(target, &name, &fs::read(path)?)?;
    }
    for entry in fs::read_dir(vectors.join("packages"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(path)?;
        if !name.ends_with(".peipkg") {
            write("envelope", &name, &bytes)?;
            continue;
        }
        let mut tar = Vec::with_capacity(1 << 20);
        zstd_safe::decompress(&mut tar, &bytes).map_err(zstd_safe::get_error_name)?;
        write("archive", &name, &tar)?;
        write("container", &name, &bytes)?;
    }
    let texts = [
        "O:BAG:SYD:PAI(A;OICI;FA;;;BA)(XA;;FX;;;WD;#61727478)S:(AU;SAFA;FW;;;WD)(ML;;NW;;;HI)",
        "D:(OA;;CR;bf967a9c-0de6-11d0-a285-00aa003049e2;;PS)",
    ];
    for (number, text) in texts.iter().enumerate() {
        write("security", &format!("text-{number}"), text.as_bytes())?;
        write("security", &format!("binary-{number}"), SecurityDescriptor::from_sddl(text)?.as_bytes())?;
    }
    // Programs of this machine, small ones, and the shortest header there can be.
    let mut bare = [0; 64];
    bare[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    (bare[20], bare[52]) = (1, 64);
    write("elf", "bare", &bare)?;
    for name in ["true", "false", "sync"] {
        if let Ok(bytes) = fs::read(Path::new("/bin").join(name)) {
            write("elf", name, &bytes)?;
        }
    }
    Ok(())
}

fn write(target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&directory)?;
    Ok(fs::write(directory.join(name), bytes)?)
}
