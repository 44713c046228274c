//! Providers that need nothing but a credential: address, wire format and where the catalogue lists their models.

use domain::model::WireFormat;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Stable; stored with the provider.
    pub id: &'static str,
    pub name: &'static str,
    pub format: WireFormat,
    /// Empty: the person enters it.
    pub base_url: &'static str,
    /// The provider's name in the built-in catalogue.
    pub catalogue: Option<&'static str>,
    pub needs_credential: bool,
}

/// All presets, in the order of the form.
pub const PRESETS: &[Preset] = &[];

pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}
