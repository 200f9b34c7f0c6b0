// Passkeys: the page says what to ask for, the device answers, the form takes the answer to the server as JSON.
import { onElement } from "./enhance";
import { say, text } from "./texts";

type Json = { [key: string]: unknown };

/** WebAuthn's JSON has bytes in base64url; older browsers have no reader for it. */
function bytes(given: string): ArrayBuffer {
  const raw = atob(given.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (sign) => sign.charCodeAt(0)).buffer;
}

function signs(given: ArrayBuffer): string {
  let raw = "";
  for (const byte of new Uint8Array(given)) raw += String.fromCharCode(byte);
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function known(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list ?? []) as Json[]).map((each) => ({ ...each, id: bytes(each["id"] as string) }) as PublicKeyCredentialDescriptor);
}

async function made(options: Json): Promise<Json> {
  const user = options["user"] as Json;
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"] as string),
    user: { ...user, id: bytes(user["id"] as string) },
    excludeCredentials: known(options["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
  const found = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const response = found.response as AuthenticatorAttestationResponse;
  return answer(found, {
    attestationObject: signs(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

async function shown(options: Json): Promise<Json> {
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"] as string),
    allowCredentials: known(options["allowCredentials"]),
  } as unknown as PublicKeyCredentialRequestOptions;
  const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const response = found.response as AuthenticatorAssertionResponse;
  return answer(found, {
    authenticatorData: signs(response.authenticatorData),
    signature: signs(response.signature),
    userHandle: response.userHandle ? signs(response.userHandle) : null,
  });
}

function answer(found: PublicKeyCredential, response: Json): Json {
  return {
    id: found.id,
    rawId: signs(found.rawId),
    type: found.type,
    clientExtensionResults: found.getClientExtensionResults(),
    response: { ...response, clientDataJSON: signs(found.response.clientDataJSON) },
  };
}

async function optionsOf(form: HTMLFormElement): Promise<Json> {
  const url = form.dataset["passkeyUrl"];
  let given: Json = JSON.parse(form.dataset["passkeyOptions"] ?? "{}") as Json;
  if (url) {
    const reply = await fetch(url, { headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(String(reply.status));
    given = ((await reply.json()) as Json)["request_options"] as Json;
  }
  return given["publicKey"] as Json;
}

async function ceremony(form: HTMLFormElement): Promise<void> {
  const options = await optionsOf(form);
  const found = await (form.dataset["passkey"] === "create" ? made(options) : shown(options));
  const field = form.elements.namedItem("credential");
  if (field instanceof HTMLInputElement) field.value = JSON.stringify(found);
  // Older Safari has only the other one; nothing listens for this form's own event there.
  if ("requestSubmit" in form) form.requestSubmit();
  else (form as HTMLFormElement).submit();
}

/** Passkeys belong to a name that was reached safely; an address of digits has none. */
function possible(): boolean {
  return window.isSecureContext && "PublicKeyCredential" in window && !/^[\d.]+$|:/.test(location.hostname);
}

/** Forms marked data-passkey="get" or "create": their button is shown where the browser can do it. */
export function startPasskeys(): void {
  onElement("form[data-passkey]", (form) => {
    if (!(form instanceof HTMLFormElement) || !possible()) return;
    const button = form.querySelector<HTMLButtonElement>("button[type=button]");
    if (!button) return;
    form.hidden = false;
    button.hidden = false;
    form.querySelector("[data-passkey-missing]")?.remove();
    button.addEventListener("click", () => {
      button.disabled = true;
      ceremony(form)
        .catch((error: unknown) => {
          const twice = error instanceof DOMException && error.name === "InvalidStateError";
          say(text(twice ? "passkeyTwice" : "passkeyFailed"), "bad");
        })
        .finally(() => {
          button.disabled = false;
        });
    });
  });
}
