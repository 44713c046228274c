//! The head of a form: files with a few fields beside them, among them the model.

use super::{CapSlot, Head, MAX_CHOICES, ModelPlace, invalid};
use crate::fields::folds_to;
use crate::multipart::{Part, parts};
use crate::route::Address;
use crate::scan::Scan;
use domain::denial::Denial;
use domain::model::Endpoint;
use domain::usage::Beside;

/// Fields that a price or policy depends on.
const ACTED_ON: [&str; 3] = ["model", "stream", "n"];
/// No audio that a provider takes has fewer bytes a second: half of the leanest speech codec's.
const LEAST_BYTES_A_SECOND: u64 = 500;
/// Audio as it usually comes.
const USUAL_BYTES_A_SECOND: u64 = 4_000;

/// True if this endpoint is sent forms, and nothing else.
pub(crate) const fn takes_forms(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::ImageEdits | Endpoint::ImageVariations | Endpoint::Transcriptions | Endpoint::Translations
    )
}

/// Reads a form.
pub(crate) fn read(body: &[u8], endpoint: Endpoint, address: &Address, boundary: &str) -> Result<Head, Denial> {
    let parts = parts(body, boundary)?;
    let [model, stream, n] = acted_on(&parts)?;
    let text = |part: Option<&Part<'_>>| {
        let raw = part.map(|part| body.get(part.at.clone()).unwrap_or_default());
        raw.map(std::str::from_utf8).transpose().map_err(|_| invalid("A field of the form is not UTF-8."))
    };
    let name = address.model.as_deref().or(text(model)?);
    let name = name.ok_or_else(|| invalid("The form has no field 'model'. Name one of GET /v1/models."))?;
    let stream = match text(stream)? {
        None | Some("" | "false" | "False") => false,
        Some("true" | "True") => true,
        Some(_) => return Err(invalid("'stream' has to be true or false.")),
    };
    let images = matches!(endpoint, Endpoint::ImageEdits | Endpoint::ImageVariations);
    if images && stream {
        return Err(invalid("'stream' is not taken for images: their events are too large. Leave it out."));
    }
    let made = text(n)?.map_or(Ok(1), str::parse).map_err(|_| invalid("'n' has to be a whole number."))?;
    if !(1..=MAX_CHOICES).contains(&made) {
        return Err(invalid(format!("'n' has to be between 1 and {MAX_CHOICES}.")));
    }
    let files = || parts.iter().filter(|part| part.is_file);
    let file_bytes: u64 = files().map(|part| part.at.len() as u64).sum();
    let ms = |bytes_a_second: u64| file_bytes.saturating_mul(1_000) / bytes_a_second;
    let heard = |ms| if images { Beside::NOTHING } else { Beside { audio_ms: ms, ..Beside::NOTHING } };
    let drawn = if images { made } else { 0 };
    Ok(Head {
        model: name.to_owned(),
        model_at: model
            .map_or_else(|| ModelPlace::NewPart(boundary.to_owned()), |part| ModelPlace::Form(part.at.clone())),
        stream,
        stream_options: None,
        caps: [None, None],
        cap_slot: CapSlot::Body,
        choices: 1,
        insert_at: 0,
        is_empty: false,
        file_bytes,
        most: Beside { images: drawn, ..heard(ms(LEAST_BYTES_A_SECOND)) },
        usual: Beside { images: drawn, ..heard(ms(USUAL_BYTES_A_SECOND)) },
        fixed: Beside::NOTHING,
        tier: super::AskedTier::Standard,
        effort: None,
        keeps: false,
        previous: None,
        scan: Scan::of_files(if images { files().count() as u64 } else { 0 }, !images),
    })
}

/// The fields that are acted on, each at most once and in its own spelling, and none of them a file.
fn acted_on<'a, 'b>(parts: &'b [Part<'a>]) -> Result<[Option<&'b Part<'a>>; 3], Denial> {
    let mut found = [None; 3];
    for part in parts {
        let Some(at) = ACTED_ON.iter().position(|field| folds_to(part.name, field)) else { continue };
        let field = ACTED_ON[at];
        if part.name != field || part.is_file {
            return Err(invalid(format!("A field is written like '{field}'. Write it '{field}', as a text.")));
        }
        if found[at].replace(part).is_some() {
            return Err(invalid(format!("'{field}' occurs twice. Send it once.")));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> String {
        let part = |(name, content): &(&str, &str)| {
            let file = if *name == "file" || *name == "image[]" { "; filename=\"f\"" } else { "" };
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
        };
        fields.iter().map(part).collect::<String>() + "--B--\r\n"
    }
    fn head(endpoint: Endpoint, fields: &[(&str, &str)]) -> Result<Head, Denial> {
        read(form(fields).as_bytes(), endpoint, &Address::default(), "B")
    }

    #[test]
    fn fields_beside_a_file_are_found() {
        let fields = [("file", "0123456789"), ("model", "whisper"), ("stream", "true"), ("prompt", "x")];
        let head = head(Endpoint::Transcriptions, &fields).unwrap();
        let ModelPlace::Form(at) = head.model_at else { panic!() };
        assert_eq!((head.model.as_str(), &form(&fields)[at], head.stream), ("whisper", "whisper", true));
        assert_eq!((head.most.audio_ms, head.usual.audio_ms, head.most.images), (20, 2, 0));
        let edit = [("image[]", "a"), ("image[]", "b"), ("model", "m"), ("n", "3")];
        let head = self::head(Endpoint::ImageEdits, &edit).unwrap();
        assert_eq!((head.most.images, head.scan.images), (3, 2));
    }

    #[test]
    fn what_could_be_read_two_ways_is_refused() {
        for fields in [
            &[("file", "x")][..],
            &[("model", "a"), ("model", "b")],
            &[("Model", "a")],
            &[("model", "a"), ("n", "0")],
            &[("model", "a"), ("n", "1e3")],
            &[("model", "a"), ("stream", "maybe")],
        ] {
            assert!(head(Endpoint::Transcriptions, fields).is_err(), "{fields:?}");
        }
        assert!(head(Endpoint::ImageEdits, &[("model", "a"), ("stream", "true")]).is_err());
    }
}
