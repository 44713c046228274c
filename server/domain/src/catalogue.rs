//! The built-in model catalogue: list prices, context sizes and capabilities of well-known models.
//!
//! Facts, not policy: nothing is served because it is listed here. The file is embedded compressed, read once when first
//! asked for. A price is offered only where the catalogue knows everything that a call is billed by: an entry that is
//! billed by the pixel or the commitment has none, so that its calls are refused under a budget instead of counted wrong.

use crate::money::PicoUsd;
use crate::pricing::{MediaPrices, PriceList, ServicePrices, Tier, TokenPrices, UnitPrices};
use crate::usage::ServiceTier;
use flate2::read::ZlibDecoder;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

static COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/models.json.zz"));

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Chat,
    Responses,
    Embedding,
    Completion,
    ImageGeneration,
    ImageEdit,
    AudioSpeech,
    AudioTranscription,
    Rerank,
    Moderation,
    /// Realtime sessions and the rest, which the gateway does not serve.
    #[serde(other)]
    Other,
}

/// What is known about one model at one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// The name in the catalogue: for most providers `provider/model`.
    pub name: String,
    pub provider: String,
    pub mode: Mode,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    /// ISO date.
    pub sunset: Option<String>,
    pub capabilities: Vec<String>,
    pub price: Option<PriceList>,
}

impl CatalogueEntry {
    /// What the provider itself calls the model.
    pub fn upstream_name(&self) -> &str {
        self.name.strip_prefix(self.provider.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&self.name)
    }

    /// False for entries that describe a class of models or a template for names instead of a model.
    pub fn is_model(&self) -> bool {
        !["ft:", "together-ai-", "fireworks-ai-"].iter().any(|prefix| self.name.starts_with(prefix))
    }
}

/// The whole catalogue, by name.
#[derive(Debug)]
pub struct Catalogue {
    entries: BTreeMap<String, CatalogueEntry>,
}

impl Catalogue {
    /// The catalogue of this build.
    pub fn load() -> &'static Self {
        static LOADED: OnceLock<Catalogue> = OnceLock::new();
        LOADED.get_or_init(|| {
            Self::read(std::io::BufReader::new(ZlibDecoder::new(COMPRESSED)))
                .expect("the build compressed this very file, and a test reads it")
        })
    }

    /// A catalogue in the format of the built-in one.
    pub(crate) fn read(json: impl std::io::Read) -> serde_json::Result<Self> {
        let file: File = serde_json::from_reader(json)?;
        let entries = file.models.into_iter().map(|(name, entry)| (name.clone(), entry.named(name))).collect();
        Ok(Self { entries })
    }

    pub fn find(&self, name: &str) -> Option<&CatalogueEntry> {
        self.entries.get(name)
    }

    /// All models of a provider, by name; empty for an unknown one.
    pub fn of_provider<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = &'a CatalogueEntry> {
        self.entries.values().filter(move |entry| entry.provider == provider && entry.is_model())
    }

    pub fn entries(&self) -> impl Iterator<Item = &CatalogueEntry> {
        self.entries.values()
    }
}

#[derive(Deserialize)]
struct File {
    models: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    provider: String,
    mode: Mode,
    max_input_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    deprecation_date: Option<String>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    prices: Prices,
}

/// Field name to pico-dollars; a few fields hold tables instead.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct Prices(BTreeMap<String, serde_json::Value>);

/// Above these many input tokens some providers bill the whole call higher.
const THRESHOLDS: [u64; 4] = [100_000, 128_000, 200_000, 272_000];

impl Entry {
    fn named(self, name: String) -> CatalogueEntry {
        CatalogueEntry {
            name,
            price: self.prices.list(self.mode, &self.provider),
            provider: self.provider,
            mode: self.mode,
            max_input_tokens: self.max_input_tokens,
            max_output_tokens: self.max_output_tokens,
            sunset: self.deprecation_date,
            capabilities: self.capabilities,
        }
    }
}

/// The services that some providers price, and how their fields end.
const SERVICES: [(ServiceTier, &str); 3] =
    [(ServiceTier::Flex, "_flex"), (ServiceTier::Priority, "_priority"), (ServiceTier::Batch, "_batches")];

impl Prices {
    fn list(&self, mode: Mode, provider: &str) -> Option<PriceList> {
        if let Some(ranges) = self.0.get("tiered_pricing") {
            return ranged(ranges);
        }
        // OpenAI's moderations are free.
        if mode == Mode::Moderation && provider == "openai" {
            return Some(PriceList::default());
        }
        let request = self.pico("input_cost_per_request");
        let Some(tokens) = self.tokens(mode, request.is_some()) else { return self.by_units(mode) };
        let tiers = self.tiers(&tokens, "");
        let services = SERVICES.into_iter().filter_map(|(tier, suffix)| self.service(&tokens, tier, suffix)).collect();
        let units = UnitPrices { search: self.search(), ..UnitPrices::default() };
        Some(PriceList { tokens, tiers, request: request.unwrap_or_default(), services, units })
    }

    /// What is billed by tokens is not billed by the unit as well, although some entries say what a unit comes to.
    fn tokens(&self, mode: Mode, has_request_fee: bool) -> Option<TokenPrices> {
        let input = self.pico("input_cost_per_token").or(has_request_fee.then(PicoUsd::default))?;
        let media = MediaPrices {
            audio_input: self.pico("input_cost_per_audio_token"),
            audio_output: self.pico("output_cost_per_audio_token"),
            image_input: self.pico("input_cost_per_image_token"),
            image_output: self.pico("output_cost_per_image_token"),
        };
        let output = match mode {
            // What has no output has no price for it.
            Mode::Embedding | Mode::Rerank => self.output("").unwrap_or_default(),
            Mode::ImageGeneration | Mode::ImageEdit => self.output("").or(media.image_output)?,
            Mode::AudioSpeech => self.output("").or(media.audio_output)?,
            // For the others the missing price is not zero but unknown.
            _ => self.output("")?,
        };
        let cache_read = self.pico("cache_read_input_token_cost").or(self.pico("input_cost_per_token_cache_hit"));
        Some(TokenPrices {
            input,
            output,
            // Which of the cached tokens were images is not told.
            cache_read: cache_read.max(self.pico("cache_read_input_image_token_cost")),
            cache_write: self.pico("cache_creation_input_token_cost"),
            cache_write_1h: self.pico("cache_creation_input_token_cost_above_1hr"),
            media,
        })
    }

    fn by_units(&self, mode: Mode) -> Option<PriceList> {
        let mut units = UnitPrices::default();
        match mode {
            Mode::ImageGeneration | Mode::ImageEdit if !self.0.contains_key("input_cost_per_pixel") => {
                units.image = Some(self.pico("output_cost_per_image").or(self.pico("input_cost_per_image"))?);
            }
            Mode::AudioTranscription => {
                units.second = Some(self.pico("input_cost_per_second").or(self.pico("output_cost_per_second"))?);
            }
            Mode::AudioSpeech => units.character = Some(self.pico("input_cost_per_character")?),
            Mode::Rerank => units.query = Some(self.pico("input_cost_per_query")?),
            _ => return None,
        }
        Some(PriceList { units, ..PriceList::default() })
    }

    /// The dearest of a search's sizes.
    fn search(&self) -> Option<PicoUsd> {
        let sizes = self.0.get("search_context_cost_per_query")?.as_object()?.values();
        sizes.filter_map(serde_json::Value::as_i64).filter(|&pico| pico >= 0).max().map(PicoUsd::from_pico)
    }

    fn service(&self, standard: &TokenPrices, tier: ServiceTier, suffix: &str) -> Option<ServicePrices> {
        let tokens = self.changed(standard, suffix)?;
        Some(ServicePrices { tier, tokens, tiers: self.tiers(&tokens, suffix) })
    }

    fn tiers(&self, below: &TokenPrices, suffix: &str) -> Vec<Tier> {
        let tier = |threshold: u64| {
            let prices = self.changed(below, &format!("_above_{}k_tokens{suffix}", threshold / 1_000))?;
            Some(Tier { above_input_tokens: threshold, prices })
        };
        THRESHOLDS.into_iter().filter_map(tier).collect()
    }

    /// The prices whose fields end so; a class without one keeps its price.
    fn changed(&self, from: &TokenPrices, suffix: &str) -> Option<TokenPrices> {
        let at = |class: &str| self.pico(&format!("{class}{suffix}"));
        let (input, output) = (at("input_cost_per_token"), self.output(suffix));
        if input.is_none() && output.is_none() {
            return None;
        }
        Some(TokenPrices {
            input: input.unwrap_or(from.input),
            output: output.unwrap_or(from.output),
            cache_read: at("cache_read_input_token_cost").or(from.cache_read),
            cache_write: at("cache_creation_input_token_cost").or(from.cache_write),
            cache_write_1h: at("cache_creation_input_token_cost_above_1hr").or(from.cache_write_1h),
            media: MediaPrices {
                audio_input: at("input_cost_per_audio_token").or(from.media.audio_input),
                audio_output: at("output_cost_per_audio_token").or(from.media.audio_output),
                image_input: at("input_cost_per_image_token").or(from.media.image_input),
                image_output: at("output_cost_per_image_token").or(from.media.image_output),
            },
        })
    }

    /// Output and reasoning tokens are one class here: the dearer of the two prices, so that no call is undercounted.
    fn output(&self, suffix: &str) -> Option<PicoUsd> {
        let plain = self.pico(&format!("output_cost_per_token{suffix}"));
        let reasoning = self.pico(&format!("output_cost_per_reasoning_token{suffix}"));
        plain.map(|plain| reasoning.map_or(plain, |reasoning| plain.max(reasoning)))
    }

    fn pico(&self, field: &str) -> Option<PicoUsd> {
        self.0.get(field).and_then(serde_json::Value::as_i64).filter(|&pico| pico >= 0).map(PicoUsd::from_pico)
    }
}

/// A list of ranges, each `{"range": [from, to], …}`: the first is the base, the others are tiers.
fn ranged(ranges: &serde_json::Value) -> Option<PriceList> {
    let mut list = PriceList::default();
    for (nth, range) in ranges.as_array()?.iter().enumerate() {
        let fields = Prices(range.as_object()?.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
        let from = fields.0.get("range")?.get(0)?.as_u64()?;
        let prices = TokenPrices {
            input: fields.pico("input_cost_per_token")?,
            output: fields.output("")?,
            cache_read: fields.pico("cache_read_input_token_cost"),
            ..TokenPrices::default()
        };
        if nth == 0 {
            list.tokens = prices;
        } else {
            list.tiers.push(Tier { above_input_tokens: from, prices });
        }
    }
    list.tiers.sort_by_key(|tier| tier.above_input_tokens);
    Some(list)
}

#[cfg(test)]
mod tests;
