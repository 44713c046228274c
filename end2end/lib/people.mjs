// The accounts of the development identity provider, as its picker names them.

export const DEVELOPER = /^(?!.*second).*\bdeveloper\b/i;
export const SECOND_DEVELOPER = /second.*\bdeveloper\b|\bdeveloper\b.*(second|2)/i;
export const LEAD = /\blead\b/i;
export const AUDITOR = /\bauditor\b/i;
export const ADMINISTRATOR = /\badministrator\b/i;
