// LINE's SDK as it is.

import liff from "@line/liff";

window.liff = liff;
