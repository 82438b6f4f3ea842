// The shell: who is signed in, which page is shown, and how the live connection is.
import { Component, html, render, useEffect, useState } from "./vendor.js";
import { onSignedOut, session, signOut } from "./api.js";
import { connect, disconnect, useConnection, useNow } from "./live.js";
import { Trouble } from "./parts.js";
import { Bell } from "./bell.js";
import { SignIn } from "./signin.js";
import { Now } from "./now.js";
import { Calls } from "./calls.js";
import { CallPage } from "./call.js";
import { Outcomes } from "./outcomes.js";
import { Funnel } from "./funnel.js";
import { People } from "./people.js";
import { Place } from "./place.js";
import { Rooms } from "./rooms.js";

const PAGES = {
  now: ["Now", Now], rooms: ["Rooms", Rooms], calls: ["Calls", Calls], outcomes: ["Outcomes", Outcomes], funnel: ["Leads", Funnel],
  people: ["People", People], place: ["Call", Place],
};
const CONNECTION = { live: "Live", connecting: "Connecting …", reconnecting: "Reconnecting …", polled: "Every 5 s" };

const where = () => {
  const [page, rest] = location.hash.replace(/^#\/?/, "").split("?")[0].split("/");
  return { page: Object.hasOwn(PAGES, page) ? page : "now", id: rest ? decoded(rest) : null };
};

const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody typed it: no call has such an id, and the page says so
  }
};

/** What one page cannot show is said there, and the links go on to work. */
class Boundary extends Component {
  constructor() {
    super();
    this.state = { broken: null };
  }

  componentDidCatch(error) {
    console.warn(error);
    this.setState({ broken: error });
  }

  render({ children }, { broken }) {
    return broken ? html`<p class="trouble" role="alert">This page cannot be shown: ${broken.message}.
      Reload it; if it stays so, report it with these words.</p>` : children;
  }
}

function useRoute() {
  const [route, setRoute] = useState(where());
  useEffect(() => {
    const moved = () => {
      document.body.dataset.moved = "yes";
      setRoute(where());
      scrollTo(0, 0);
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return route;
}

function Shell({ leave }) {
  const route = useRoute();
  const connection = useConnection();
  const { calls } = useNow();
  useEffect(() => {
    connect();
    return disconnect;
  }, []);
  const [, Page] = PAGES[route.page];
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.getElementById("main").focus();
    }}>To the content</a>
    <header>
      <strong class="name">wacall</strong>
      <nav aria-label="Pages"><ul>${Object.entries(PAGES).map(([key, [title]]) => html`
        <li key=${key}><a href=${`#/${key}`} aria-current=${key === route.page ? "page" : undefined}>${title}${
          key === "now" ? html`<span class="count">${calls ? ` ${calls.length}` : " "}</span>` : null}</a></li>`)}
      </ul></nav>
      <span class=${`connection ${connection}`} role="status">${CONNECTION[connection]}</span>
      <${Bell} calls=${calls ?? []} />
      <button type="button" class="quiet" onClick=${leave}>Sign out</button>
    </header>
    <main id="main" tabindex="-1">
      <${Boundary} key=${`${route.page}/${route.id ?? ""}`}>
        ${route.page === "calls" && route.id ? html`<${CallPage} id=${route.id} />` : html`<${Page} />`}<//>
    </main>`;
}

function App() {
  const [isIn, setIsIn] = useState(null);
  const [problem, setProblem] = useState(null);
  const look = () => session().then(
    (found) => { setProblem(null); setIsIn(found); },
    (error) => (error.status === 401 ? setIsIn(false) : setProblem(error)),
  );
  useEffect(() => {
    look();
    return onSignedOut(() => setIsIn(false));
  }, []);
  if (problem) return html`<main class="alone"><h1>wacall</h1><${Trouble} problem=${problem} again=${look} /></main>`;
  if (isIn === null) return html`<main class="alone" aria-busy="true"><h1>wacall</h1></main>`;
  if (!isIn) return html`<${SignIn} enter=${() => setIsIn(true)} />`;
  const leave = () => signOut().then(() => setIsIn(false), setProblem);
  return html`<${Shell} leave=${leave} />`;
}

const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
