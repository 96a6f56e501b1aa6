/* Runs the rest of its command line with two pipes, as the agent's .NET and Node do, and reports when they are not closed
   some seconds after the program's end: then a program that it started holds them, and a step on a Windows agent would not
   end. Wine gives each process the Unix stderr of the one that started it, whatever handles the rules of Windows would let
   it have (set_stdio_fd in its dlls/ntdll/unix/process.c), so that Unix pipes show nothing; these are Windows pipes. */
#include <windows.h>
#include <string.h>
static HANDLE readers[2];
static volatile LONG closed;
static DWORD WINAPI pass_on(LPVOID reader) {
  char bytes[4096];
  DWORD count, written;
  while (ReadFile(*(HANDLE *)reader, bytes, sizeof bytes, &count, NULL) && count)
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, count, &written, NULL);
  InterlockedIncrement(&closed);
  return 0;
}
int main(void) {
  SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
  STARTUPINFOA start = { sizeof start };
  PROCESS_INFORMATION program;
  HANDLE writers[2];
  DWORD code, written;
  int index;
  char *command = GetCommandLineA();
  command = strchr(command + 1, *command == '"' ? '"' : ' ') + 1;
  command += strspn(command, " ");
  /* Like Node when it starts: no other program inherits its streams. */
  SetHandleInformation(GetStdHandle(STD_INPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
  SetHandleInformation(GetStdHandle(STD_OUTPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
  SetHandleInformation(GetStdHandle(STD_ERROR_HANDLE), HANDLE_FLAG_INHERIT, 0);
  for (index = 0; index < 2; index++) {
    CreatePipe(&readers[index], &writers[index], &inherited, 0);
    SetHandleInformation(readers[index], HANDLE_FLAG_INHERIT, 0);
  }
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = CreateFileA("NUL", GENERIC_READ, FILE_SHARE_READ, &inherited, OPEN_EXISTING, 0, NULL);
  start.hStdOutput = writers[0];
  start.hStdError = writers[1];
  if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &program)) return 98;
  for (index = 0; index < 2; index++) {
    CloseHandle(writers[index]);
    CreateThread(NULL, 0, pass_on, &readers[index], 0, NULL);
  }
  WaitForSingleObject(program.hProcess, INFINITE);
  GetExitCodeProcess(program.hProcess, &code);
  for (index = 0; index < 50 && closed < 2; index++) Sleep(100);
  if (closed < 2) {
    static const char held[] = "\nThe program has ended, and another process holds its pipes.\n";
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), held, sizeof held - 1, &written, NULL);
    code = 97;
  }
  ExitProcess(code);
}
