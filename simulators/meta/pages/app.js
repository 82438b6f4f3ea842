// The page: a phone, its chat, the calls of all phones; looks once a second at what has changed.

import {showCall} from "./calls.js";
import {byId, complain, get, SILENT} from "./dom.js";
import {Handset} from "./handset.js";
import {prepareOthers, showChat, showPerson, writeFrom} from "./people.js";

const show = async () => {
  try {
    const [calls, people, outbound] = await Promise.all(["calls", "people", "outbound"].map(get));
    const own = people.find((one) => one.number === handset.person);
    byId("write").hidden = !own;
    if (own) showChat(byId("chat"), own);
    for (const one of people) if (one !== own) showPerson(byId("people"), one);
    const holder = byId("calls");
    for (const one of calls) {
      showCall(holder, "calls", one, one.microphone ? `You call (${one.number})`
        : `+${one.phone} calls (${one.number})`);
    }
    for (const one of outbound) {
      showCall(holder, "outbound", one, one.microphone ? `The business calls you (${one.number})`
        : `The business calls +${one.phone} (${one.number})`);
    }
    byId("no-calls").hidden = calls.length + outbound.length > 0;
    if (byId("error").textContent === SILENT) complain("");
  } catch {
    complain(SILENT);
  }
};

const handset = new Handset(show);
byId("write").onsubmit = async (event) => {
  event.preventDefault();
  await writeFrom(handset.person, byId("words"));
  show();
};
prepareOthers();
show();
setInterval(show, 1000);
