//! Currencies by their ISO 4217 code, with how many decimals amounts of each have.
//!
//! Active ones of countries, as the standard lists them; funds, metals and test codes are no currency that people pay in.

use std::fmt;

/// Two decimals, like most.
const CENTS: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
    CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS \
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD \
    NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP \
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG";
const WHOLE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: &'static str,
    decimals: u8,
}

impl Currency {
    /// In which everything is kept and decided.
    pub const USD: Self = Self { code: "USD", decimals: 2 };

    /// In any case: `eur` is `EUR`.
    pub fn from_code(code: &str) -> Option<Self> {
        let wanted = code.to_ascii_uppercase();
        [(CENTS, 2), (WHOLE, 0), (THOUSANDTHS, 3)].into_iter().find_map(|(codes, decimals)| {
            let code = codes.split_ascii_whitespace().find(|code| *code == wanted)?;
            Some(Self { code, decimals })
        })
    }
    pub const fn code(self) -> &'static str {
        self.code
    }
    /// Digits after the point in an amount that somebody could pay.
    pub const fn decimals(self) -> u8 {
        self.decimals
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_is_known_or_it_is_none() {
        let decimals = |code| Currency::from_code(code).map(Currency::decimals);
        assert_eq!(["EUR", "eur", "JPY", "KWD", "USD"].map(decimals), [Some(2), Some(2), Some(0), Some(3), Some(2)]);
        for none in ["", "EU", "EURO", "XXX", "XAU", "E R", "EUR JPY", "ÉUR", "€"] {
            assert_eq!(decimals(none), None, "{none}");
        }
        assert_eq!(Currency::from_code("usd"), Some(Currency::USD));
    }

    #[test]
    fn every_code_is_three_letters_and_there_once() {
        let all: Vec<&str> =
            [CENTS, WHOLE, THOUSANDTHS].iter().flat_map(|codes| codes.split_ascii_whitespace()).collect();
        assert!(all.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
