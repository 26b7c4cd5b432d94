//! What a plain scalar means: the core schema of YAML 1.2, where `yes`, `on` and dates are text.

use super::node::Value;

/// Why a plain scalar has no meaning that everybody would agree on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ScalarFault {
    /// NaN or an infinity, which JSON does not have.
    NotANumber,
    /// `010` is 8, 10 or text, depending on who reads it.
    LeadingZero,
}

pub(super) fn resolve(text: &str) -> Result<Value, ScalarFault> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(ScalarFault::NotANumber),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(ScalarFault::NotANumber);
    }
    if let Some(number) = based_integer(text) {
        return Ok(Value::Number(number));
    }
    let negative = text.starts_with('-');
    Ok(match decimal(unsigned)? {
        Some(number) if negative => Value::Number(format!("-{number}")),
        Some(number) => Value::Number(number),
        None => Value::Text(text.to_owned()),
    })
}

/// `0x1F` and `0o17` in decimal digits. More than 128 bits stay text, as no reader agrees on them.
fn based_integer(text: &str) -> Option<String> {
    let (digits, radix) = match text.split_at_checked(2)? {
        ("0x", digits) => (digits, 16),
        ("0o", digits) => (digits, 8),
        _ => return None,
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(digits, radix)
        .ok()
        .filter(|_| is_plain)
        .map(|number| number.to_string())
}

/// A number without its sign as JSON writes it, or `None` if it is text.
fn decimal(text: &str) -> Result<Option<String>, ScalarFault> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = [whole, fraction.unwrap_or("")];
    let all_digits = digits
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !all_digits || digits.iter().all(|part| part.is_empty()) || !is_exponent(exponent) {
        return Ok(None);
    }
    let stripped = whole.trim_start_matches('0');
    if whole.len() > 1 && stripped.len() < whole.len() {
        return Err(ScalarFault::LeadingZero);
    }
    let whole = if stripped.is_empty() { "0" } else { stripped };
    Ok(Some(match fraction {
        Some("") => format!("{whole}.0{exponent}"),
        Some(fraction) => format!("{whole}.{fraction}{exponent}"),
        None => format!("{whole}{exponent}"),
    }))
}

/// Nothing, or `e` with an optional sign and digits.
fn is_exponent(text: &str) -> bool {
    let Some(exponent) = text.strip_prefix(['e', 'E']) else {
        return text.is_empty();
    };
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
