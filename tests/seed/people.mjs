// Who buys: invented shoppers with addresses at domains that are kept for examples (RFC 2606).

import { readFileSync } from "node:fs";

const people = JSON.parse(readFileSync(new URL("people.json", import.meta.url), "utf8"));

const DOMAINS = ["example.com", "example.net", "example.org", "mail.example", "post.example"];
const PINYIN_DOMAINS = ["mail.example", "youxiang.example", "xinxiang.example"];

/** The country of the wallets, which take its currency alone. */
export const HOME_OF_WALLETS = "CN";

/** How often a shopper comes from each country. */
export const COUNTRIES = Object.fromEntries(
  Object.entries(people).map(([country, { weight }]) => [country, weight]),
);

/** What a country's hours differ from UTC. */
export const utcOffset_h = (country) => people[country].utc_offset_h;

/** A shopper of a country; with few names, many come again. */
export function shopperOf(country, random) {
  const { currency, locale, phone, names, places } = people[country];
  const index = random.below(names.length);
  const [name, latin] = names[index].split("|");
  // Of a person, always the same place and address.
  const [line1, city, region, postcode] = places[index % places.length];
  const mailbox = latin ?? name.normalize("NFD").replace(/[^\w ]/g, "").toLowerCase()
    .replaceAll(" ", ".");
  const domains = latin ? PINYIN_DOMAINS : DOMAINS;
  return {
    currency,
    locale,
    email: `${mailbox}@${domains[index % domains.length]}`,
    address: {
      name,
      line1,
      city,
      ...(region && { region }),
      ...(postcode && { postcode }),
      country,
      phone: `${phone}${String(10 + index)}`,
    },
  };
}
