// What plans are called: their names on the wire, as names are written.

/** `pro` is the Pro plan; one of a newer server is written likewise. */
export const planName = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
