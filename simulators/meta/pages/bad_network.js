// A worker through which each frame of sound goes, either way: it drops some and delays some.

const network = {loss: 0, jitterMs: 0};

self.onmessage = ({data}) => Object.assign(network, data);

self.onrtctransform = ({transformer: {readable, writable}}) => {
  // a frame that is late makes those behind it late as well: none overtakes another
  let free = 0;
  readable.pipeThrough(new TransformStream({
    async transform(frame, onwards) {
      if (Math.random() < network.loss) return;
      const due = Math.max(free, performance.now() + Math.random() * network.jitterMs);
      free = due;
      const wait = due - performance.now();
      if (wait > 1) await new Promise((go) => setTimeout(go, wait));
      onwards.enqueue(frame);
    },
  })).pipeTo(writable).catch(() => {});
};
