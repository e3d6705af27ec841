// LINE's SDK with LINE's own mock plugin: window.answersOfLine is what LINE would answer on this phone.

import liff from "@line/liff";
import { LiffMockPlugin } from "@line/liff-mock";

liff.use(new LiffMockPlugin());
liff.$mock.set((defaults) => ({ ...defaults, ...window.answersOfLine }));
const { init } = liff;
// The page knows nothing of a mock.
liff.init = (config, ...rest) => init({ ...config, mock: true }, ...rest);
window.liff = liff;
