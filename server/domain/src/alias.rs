//! A model that is another name for one: `fast` for whatever is fast this month.
//!
//! Who calls an alias needs permission for the alias, and gets the deployments, price and bounds of the model that it
//! names, under its own name. One level only: an alias of an alias would be a riddle, and a circle would be none at all.

use crate::model::{Model, ModelName};
use crate::refusal::Reason;

/// The models as they are served: each alias with what it stands for. Left out is an alias whose model is not there, is
/// off, or is an alias itself.
pub fn resolved(models: Vec<Model>) -> Vec<Model> {
    let find = |name: &ModelName| models.iter().find(|model| model.name == *name && model.alias_of.is_none());
    let serve = |model: &Model| match &model.alias_of {
        None => Some(model.clone()),
        Some(name) => find(name).filter(|target| target.enabled).map(|target| stand_in(model, target)),
    };
    if models.iter().all(|model| model.alias_of.is_none()) {
        return models;
    }
    models.iter().filter_map(serve).collect()
}

fn stand_in(alias: &Model, target: &Model) -> Model {
    Model {
        id: alias.id,
        name: alias.name.clone(),
        alias_of: alias.alias_of.clone(),
        enabled: alias.enabled,
        ..target.clone()
    }
}

/// Whether this model (by its name now and the one that it gets) can become another name for `target`.
pub fn check(
    known_as: Option<&ModelName>,
    name: &ModelName,
    target: &ModelName,
    models: &[Model],
) -> Result<(), Reason> {
    if target == name || Some(target) == known_as {
        return Err(Reason::AliasOfAlias);
    }
    let target = models.iter().find(|model| model.name == *target).ok_or(Reason::UnknownChoice)?;
    let named_by_others = known_as.is_some_and(|name| models.iter().any(|model| model.alias_of.as_ref() == Some(name)));
    if target.alias_of.is_some() || named_by_others { Err(Reason::AliasOfAlias) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ModelId;
    use proptest::prelude::*;

    fn named(name: &str) -> ModelName {
        name.parse().unwrap()
    }

    fn model(name: &str, alias_of: Option<&str>, enabled: bool) -> Model {
        Model {
            id: ModelId::from_random(&[name.as_bytes()[0]; 12]),
            name: named(name),
            price: None,
            price_version: name.len() as i64,
            max_input_tokens: Some(u64::from(name.as_bytes()[0])),
            max_output_tokens: None,
            capabilities: vec![],
            sunset: None,
            endpoints: vec![],
            deployments: vec![],
            enabled,
            alias_of: alias_of.map(named),
        }
    }

    #[test]
    fn an_alias_is_served_as_its_model_under_its_own_name() {
        let models = vec![model("fast", Some("gpt-5-mini"), true), model("gpt-5-mini", None, true)];
        let served = resolved(models.clone());
        assert_eq!((served[0].id, served[0].name.as_str()), (models[0].id, "fast"));
        assert_eq!((served[0].price_version, served[0].max_input_tokens), (10, Some(u64::from(b'g'))));
        assert_eq!(served[1], models[1]);
    }

    #[test]
    fn an_alias_that_leads_nowhere_is_not_served() {
        let names = |models| resolved(models).into_iter().map(|model| model.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(vec![model("fast", Some("gone"), true), model("slow", None, true)]), ["slow"]);
        assert_eq!(names(vec![model("fast", Some("off"), true), model("off", None, false)]), ["off"]);
        assert_eq!(names(vec![model("a", Some("b"), true), model("b", Some("a"), true)]), [""; 0]);
        assert_eq!(names(vec![model("a", Some("a"), true)]), [""; 0]);
    }

    #[test]
    fn what_cannot_be_an_alias_is_refused_with_the_reason() {
        let models = [model("fast", Some("mini"), true), model("mini", None, true), model("large", None, true)];
        let check = |known: Option<&str>, name: &str, target: &str| {
            check(known.map(named).as_ref(), &named(name), &named(target), &models)
        };
        assert_eq!(check(None, "quick", "mini"), Ok(()));
        assert_eq!(check(Some("fast"), "fast", "large"), Ok(()));
        assert_eq!(check(None, "quick", "nobody"), Err(Reason::UnknownChoice));
        assert_eq!(check(None, "quick", "fast"), Err(Reason::AliasOfAlias));
        assert_eq!(check(None, "quick", "quick"), Err(Reason::AliasOfAlias));
        assert_eq!(check(Some("large"), "big", "large"), Err(Reason::AliasOfAlias), "renamed in the same breath");
        assert_eq!(check(Some("mini"), "mini", "large"), Err(Reason::AliasOfAlias), "others stand for it");
    }

    proptest! {
        /// Whatever is in the store: what is served leads to a model that is one, and models themselves are untouched.
        #[test]
        fn no_alias_is_followed_twice(links in prop::collection::vec((0usize..8, any::<bool>(), any::<bool>()), 8)) {
            let name = |at: usize| ["a", "b", "c", "d", "e", "f", "g", "h"][at];
            let models: Vec<Model> = links
                .iter()
                .enumerate()
                .map(|(at, &(to, alias, enabled))| model(name(at), alias.then(|| name(to)), enabled))
                .collect();
            for served in resolved(models.clone()) {
                let kept = models.iter().find(|model| model.name == served.name).unwrap();
                match &served.alias_of {
                    None => prop_assert_eq!(&served, kept),
                    Some(target) => {
                        let target = models.iter().find(|model| model.name == *target).unwrap();
                        prop_assert!(target.alias_of.is_none() && target.enabled);
                        prop_assert_eq!(served.max_input_tokens, target.max_input_tokens);
                    }
                }
            }
        }
    }
}
