/* Rust takes its random bytes from a library that Wine has from version 9 on; SystemFunction036 is the older name of the
   same thing (RtlGenRandom). */
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
  return SystemFunction036(bytes, (ULONG)length);
}
