package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) backupCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "backup",
		Short: "backups that the running node makes of itself",
		Long: `A node makes its backups on time, to the folder that backup.folder of its
configuration names, and whenever somebody asks. Each is checked before it counts.
To check or restore one: spsd store verify FILE, spsd store restore FILE.`,
	}, a.backupCreateCommand(), a.backupListCommand())
}

func (a *app) backupCreateCommand() *cobra.Command {
	format := tableFormat
	detach := false
	cmd := &cobra.Command{
		Use:   "create",
		Short: "make a backup now, and wait until it is complete",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			b, err := node.NodeService().CreateBackup(ctx, &spsv1.CreateBackupRequest{})
			if err != nil {
				return err
			}
			if !detach {
				if b, err = a.awaitBackup(ctx, node, b); err != nil {
					return err
				}
			}
			f := newFacts(a.out)
			f.add("name", b.GetName())
			f.add("state", backupState(b))
			f.add("size", backupSize(b))
			if b.GetOrigin() != "" {
				f.add("own log", fmt.Sprintf("%s, %d entries", b.GetOrigin(), b.GetLogSize()))
			}
			for _, d := range b.GetDamagedAttachments() {
				f.add("lacks", "attachment "+d+", damaged on the disk of the node")
			}
			if err := f.write(format, b); err != nil || len(b.GetDamagedAttachments()) == 0 {
				return err
			}
			fmt.Fprintln(a.err, "the backup is good but for damaged attachments; docs/runbook.md, SpsdBackupLacks")
			return codeError(exitIncomplete)
		}),
	}
	cmd.Flags().BoolVar(&detach, "detach", false, "do not wait: the node goes on by itself")
	outputFlag(cmd, &format)
	return cmd
}

// pollBackup is how often the node is asked how far it is.
const pollBackup = 300 * time.Millisecond

// awaitBackup waits until a backup has ended, and shows how far it is.
func (a *app) awaitBackup(ctx context.Context, node *client.Client, b *spsv1.Backup) (*spsv1.Backup, error) {
	ticker := time.NewTicker(pollBackup)
	defer ticker.Stop()
	step := ""
	for b.GetState() == spsv1.BackupState_BACKUP_STATE_RUNNING {
		switch terminal := isTerminal(a.err); {
		case terminal:
			fmt.Fprintf(a.err, "\r\x1b[K%s", backupState(b))
		case b.GetStep() != step:
			fmt.Fprintln(a.err, backupState(b))
		}
		step = b.GetStep()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		var err error
		if b, err = node.NodeService().GetBackup(ctx, &spsv1.GetBackupRequest{Name: b.GetName()}); err != nil {
			return nil, err
		}
	}
	if isTerminal(a.err) {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	if b.GetState() != spsv1.BackupState_BACKUP_STATE_COMPLETE {
		return nil, errors.New("no backup was made: " + b.GetError())
	}
	return b, nil
}

func (a *app) backupListCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the backups in the node's folder, the newest first, and the one under way",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			all, err := node.NodeService().ListBackups(ctx, &spsv1.ListBackupsRequest{})
			if err != nil {
				return err
			}
			list := newList(a.out, format, "file", "made", "state", "size", "encrypted")
			for _, b := range all.GetBackups() {
				encrypted := "no"
				if b.GetEncrypted() {
					encrypted = "yes"
				}
				if err := list.add(b, strings.TrimPrefix(b.GetName(), "backups/"), when(b.GetCreateTime()), backupState(b), backupSize(b), encrypted); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// backupState says in words how far a backup is.
func backupState(b *spsv1.Backup) string {
	switch b.GetState() {
	case spsv1.BackupState_BACKUP_STATE_COMPLETE:
		if n := len(b.GetDamagedAttachments()); n > 0 {
			return fmt.Sprintf("complete but for %d damaged attachments", n)
		}
		return "complete"
	case spsv1.BackupState_BACKUP_STATE_FAILED:
		return "failed: " + b.GetError()
	}
	switch done, total := b.GetStepDoneBytes(), b.GetStepTotalBytes(); {
	case b.GetStep() == "":
		return "about to begin"
	case total > 0:
		return fmt.Sprintf("%s, %d %%", b.GetStep(), 100*done/total)
	case done > 0:
		return fmt.Sprintf("%s, %.1f MB", b.GetStep(), float64(done)/(1<<20))
	default:
		return b.GetStep()
	}
}

func backupSize(b *spsv1.Backup) cell {
	if b.GetSizeBytes() == 0 {
		return cell{}
	}
	return cell{fmt.Sprintf("%.1f MB", float64(b.GetSizeBytes())/(1<<20)), fmt.Sprint(b.GetSizeBytes())}
}

// backups says how it stands with backups, and with tokens after a restore.
func (d *doctor) backups(n *spsv1.Node) {
	if n.GetRestoreTime() != nil {
		d.broken("tokens", "look through them: spsctl token confirm", "no token or account is good since the restore of %s", instant(n.GetRestoreTime()))
	}
	b := n.GetBackups()
	switch {
	case b == nil:
		d.look("backups", "set backup.folder in the configuration of the node", "the node makes none")
		return
	case b.GetNewestTime() == nil && b.GetError() == "":
		d.look("backups", "spsctl backup create", "none was made yet")
	case b.GetNewestTime() == nil:
		d.broken("backups", "docs/runbook.md, SpsdBackupOld", "there is none: %s", b.GetError())
	case b.GetPeriod() != nil && d.now.Sub(b.GetNewestTime().AsTime()) > 2*b.GetPeriod().AsDuration():
		d.broken("backups", "docs/runbook.md, SpsdBackupOld", "the newest was made %s, one is due every %s: %s", ago(b.GetNewestTime(), d.now), b.GetPeriod().AsDuration(), first(b.GetError(), "it is not known why"))
	case b.GetError() != "":
		d.look("backups", "spsctl backup list", "the newest was made %s, and the last one failed: %s", ago(b.GetNewestTime(), d.now), b.GetError())
	case b.GetDamagedAttachments() > 0:
		d.look("backups", "docs/runbook.md, SpsdBackupLacks", "the newest was made %s, and lacks %d attachments that are damaged on the disk", ago(b.GetNewestTime(), d.now), b.GetDamagedAttachments())
	default:
		d.ok("backups", "the newest was made %s", ago(b.GetNewestTime(), d.now))
	}
}
