//! What is billed beside tokens: let in if it has a price.

use crate::head::{AskedTier, Head};
use domain::denial::Denial;
use domain::pricing::PriceList;

const LEAVE_OUT: &str = "Leave it out.";

/// What is billed beside tokens has to have a price, unless the model is free on purpose.
pub(super) fn everything_has_a_price(price: &PriceList, head: &Head) -> Result<(), Denial> {
    let unpriced = |what: &str, way_out: &str| {
        let reason = format!("{what} has no price here for this model, so that no budget could be kept. {way_out}");
        Err(Denial::InvalidRequest { reason })
    };
    match head.tier {
        AskedTier::Named(tier) if !price.knows(tier) => {
            return unpriced("The 'service_tier' that is asked for", LEAVE_OUT);
        }
        _ => {}
    }
    if price.is_free() {
        return Ok(());
    }
    if let Some(tool) = head.scan.unpriced_tool {
        return unpriced(&format!("The tool '{tool}', which the provider runs,"), LEAVE_OUT);
    }
    if head.scan.searches && !price.prices_searches() {
        return unpriced(
            "Searching by the provider",
            "Leave the tool out, or ask an administrator to give searches a price.",
        );
    }
    Ok(())
}
