// The door: the operators' key becomes a session of this browser.
import { html, useEffect, useRef } from "./vendor.js";
import { signIn } from "./api.js";
import { Trouble, useAct } from "./parts.js";

export function SignIn({ enter }) {
  const field = useRef(null);
  const [act, busy, problem] = useAct(async () => {
    await signIn(field.current.value);
    enter();
  });
  useEffect(() => {
    document.title = "Sign in · wacall";
    field.current.focus();
  }, []);
  return html`<main class="alone">
    <h1>wacall</h1>
    <form onSubmit=${(event) => { event.preventDefault(); act(); }}>
      <label for="token">The operators' key</label>
      <input id="token" ref=${field} type="password" autocomplete="current-password" required
        aria-describedby="token-hint" />
      <p id="token-hint" class="hint">It is the CONTROLPLANE_API_KEY that the control plane was started with.</p>
      <button type="submit" disabled=${busy}>Sign in</button>
      <${Trouble} problem=${problem} />
    </form>
  </main>`;
}
