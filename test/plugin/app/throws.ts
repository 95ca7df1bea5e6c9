/** Stops with an error, on a line that the plugin makes longer. */
import * as wf from 'weftjs';

const fail = (): never => { throw new Error('as written'); };
wf.stencil((u: wf.Neighbors1): number => u(0)); fail();
