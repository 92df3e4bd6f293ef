/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pid 1 of the guest that this folder's tests boot: loads the modules of /modules in the order of
 * their names, opens both channels and does what the control channel says, a line at a time.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void load_modules(void) {
  struct dirent** entries;
  int count = scandir("/modules", &entries, NULL, alphasort);

  for (int i = 0; i < count; i++) {
    char path[512];
    int fd;

    if (entries[i]->d_name[0] == '.') continue;
    snprintf(path, sizeof(path), "/modules/%s", entries[i]->d_name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (syscall(SYS_finit_module, fd, "", 0)) printf("cannot load %s: %m\n", path);
    close(fd);
  }
}

static int read_attribute(char* value, int size, const char* class, const char* device,
                          const char* attribute) {
  char path[600];
  int fd, got;

  snprintf(path, sizeof(path), "/sys/%s/%s/%s", class, device, attribute);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  got = read(fd, value, size - 1);
  close(fd);
  value[got < 0 ? 0 : got] = 0;
  value[strcspn(value, "\n")] = 0;
  return 0;
}

static int open_port(const char* name) {
  for (int tries = 0; tries < 2000; tries++) {
    DIR* ports = opendir("/sys/class/virtio-ports");
    struct dirent* port;

    while (ports && (port = readdir(ports))) {
      char value[64], path[300];

      if (read_attribute(value, sizeof(value), "class/virtio-ports", port->d_name, "name") ||
          strcmp(value, name))
        continue;
      snprintf(path, sizeof(path), "/dev/%s", port->d_name);
      closedir(ports);
      return open(path, O_RDWR | O_CLOEXEC);
    }
    if (ports) closedir(ports);
    usleep(1000);
  }
  printf("no port %s\n", name);
  reboot(RB_POWER_OFF);
  return -1;
}

static void list_disks(int control) {
  DIR* disks = opendir("/sys/block");
  struct dirent* disk;

  while (disks && (disk = readdir(disks))) {
    char serial[64] = "", size[64] = "";

    if (disk->d_name[0] == '.' || read_attribute(size, sizeof(size), "block", disk->d_name, "size"))
      continue;
    read_attribute(serial, sizeof(serial), "block", disk->d_name, "serial");
    dprintf(control, "disk %s %s %s\n", disk->d_name, size, serial);
  }
  if (disks) closedir(disks);
  dprintf(control, "disks end\n");
}

/* Numbered lines, so that a lost or doubled byte cannot go unseen. */
static void flood(int trace, long lines) {
  FILE* out = fdopen(dup(trace), "w");

  for (long i = 0; i < lines; i++) fprintf(out, "%015ld\n", i);
  fclose(out);
}

static void obey(const char* line, int control, int trace) {
  if (!strncmp(line, "echo ", 5)) {
    dprintf(control, "%s\n", line + 5);
  } else if (!strncmp(line, "flood ", 6)) {
    flood(trace, atol(line + 6));
  } else if (!strncmp(line, "read ", 5)) {
    char text[256] = "";
    int fd = open(line + 5, O_RDONLY);

    if (read(fd, text, sizeof(text) - 1) < 0) dprintf(control, "no %s\n", line + 5);
    close(fd);
    dprintf(control, "%s", text);
  } else if (!strcmp(line, "disks")) {
    list_disks(control);
  } else if (!strcmp(line, "poweroff")) {
    reboot(RB_POWER_OFF);
  } else if (!strcmp(line, "reset")) {
    reboot(RB_AUTOBOOT);
  } else if (!strcmp(line, "panic")) {
    int fd = open("/proc/sysrq-trigger", O_WRONLY);

    if (write(fd, "c", 1) != 1) dprintf(control, "no sysrq\n");
  } else if (!strcmp(line, "watchdog")) {
    int fd = open("/dev/watchdog", O_WRONLY);
    int seconds = 2;

    dprintf(control, "watchdog %d\n", ioctl(fd, WDIOC_SETTIMEOUT, &seconds));
  } else {
    dprintf(control, "what is '%s'?\n", line);
  }
}

int main(void) {
  char line[256];
  int control, trace;
  FILE* in;

  mount("dev", "/dev", "devtmpfs", 0, NULL);
  mount("sys", "/sys", "sysfs", 0, NULL);
  mount("proc", "/proc", "proc", 0, NULL);
  for (int fd = 0; fd < 3; fd++) dup2(open("/dev/console", O_RDWR), fd);
  setlinebuf(stdout);
  printf("guest_init runs\n");
  load_modules();
  control = open_port("bioscope.control");
  trace = open_port("bioscope.trace");
  dprintf(control, "hello\n");
  in = fdopen(dup(control), "r");
  for (;;) {
    if (!fgets(line, sizeof(line), in)) {
      clearerr(in);
      usleep(20000);
      continue;
    }
    line[strcspn(line, "\n")] = 0;
    obey(line, control, trace);
  }
}
