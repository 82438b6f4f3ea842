// A worker through which each frame of sound goes, either way: it drops some and delays some.

const network = {loss: 0, jitterMs: 0};

self.onmessage = ({data}) => Object.assign(network, data);

self.onrtctransform = ({transformer: {readable, writable}}) => {
  const onwards = writable.getWriter();
  // A frame that is late makes those behind it late as well: browsers drop what is overtaken, and
  // timers alone keep no order.
  const waiting = [];
  let free = 0;
  const release = () => {
    while (waiting.length && waiting[0].due <= performance.now()) {
      onwards.write(waiting.shift().frame).catch(() => {});
    }
  };
  readable.pipeTo(new WritableStream({
    write(frame) {
      if (Math.random() < network.loss) return;
      const now = performance.now();
      free = Math.max(free, now + Math.random() * network.jitterMs);
      waiting.push({frame, due: free});
      release();
      if (waiting.length) setTimeout(release, free - now + 1);
    },
  })).catch(() => {});
};
