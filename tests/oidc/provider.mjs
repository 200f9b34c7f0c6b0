// A real OpenID Connect provider on loopback for the tests of signing in: `node tests/oidc/provider.mjs PORT REDIRECT_URI`.
// POST /test says who signs in next, with which claims, and which of its answers are to be wrong.
import { generateKeyPair, exportJWK, importJWK, decodeJwt, SignJWT } from "jose";
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const KID = "test-key";

async function key() {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: KID, alg: "RS256", use: "sig" };
}

const own = await key();
const foreign = await key();
let next = { who: "nobody", claims: {}, wrong: "" };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "shanzhi",
      client_secret: "client-secret-of-the-tests",
      redirect_uris: [redirect],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  jwks: { keys: [own] },
  cookies: { keys: ["cookie-key-of-the-tests"] },
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  claims: { openid: ["sub"], profile: ["preferred_username", "employee_number"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async findAccount(_, id) {
    const { claims } = next;
    return { accountId: id, claims: async () => ({ sub: id, preferred_username: id, ...claims }) };
  },
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid profile");
    await grant.save();
    return grant;
  },
});

/** Signs an ID token anew: another content under the right key, or the same content under another key. */
async function signedAnew(token) {
  const changes = {
    nonce: { nonce: "of-another-sign-in" },
    "no-nonce": { nonce: undefined },
    issuer: { iss: "https://elsewhere.example" },
    audience: { aud: "another-program" },
    expired: { exp: Math.floor(Date.now() / 1000) - 3600 },
    mfa: { amr: ["pwd", "otp", "mfa"] },
    acr: { acr: "urn:two-steps" },
  };
  const content = { ...decodeJwt(token), ...(changes[next.wrong] ?? {}) };
  if (next.wrong === "unsigned") {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "none", kid: KID })}.${part(content)}.`;
  }
  const signer = await importJWK(next.wrong === "key" ? foreign : own, "RS256");
  return new SignJWT(content).setProtectedHeader({ alg: "RS256", kid: KID }).sign(signer);
}

provider.use(async (ctx, go) => {
  if (ctx.path === "/test") {
    const parts = [];
    for await (const part of ctx.req) parts.push(part);
    next = { claims: {}, wrong: "", ...JSON.parse(Buffer.concat(parts).toString()) };
    ctx.body = "ok";
    return;
  }
  if (ctx.path.startsWith("/interaction/")) {
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: next.who } });
    ctx.respond = false;
    return;
  }
  await go();
  if (ctx.path === "/token" && ctx.body?.id_token && next.wrong) {
    ctx.body = { ...ctx.body, id_token: await signedAnew(ctx.body.id_token) };
  }
  if (ctx.path.startsWith("/.well-known/") && next.wrong === "discovery-issuer") {
    ctx.body = { ...ctx.body, issuer: "https://elsewhere.example" };
  }
  if (ctx.path.startsWith("/.well-known/") && next.wrong === "discovery-elsewhere") {
    ctx.body = { ...ctx.body, token_endpoint: "http://127.0.0.1:9/token" };
  }
});

provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
