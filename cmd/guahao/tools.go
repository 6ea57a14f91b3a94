package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"guahao/internal/app"
)

func check(ctx context.Context, args []string) error {
	cfg, _, err := settings("check", args)
	if err != nil {
		return err
	}
	if !app.Check(ctx, cfg, os.Stdout) {
		return errors.New("something is wrong, see above")
	}
	return nil
}

func wechatCommand(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "menu" {
		return errors.New("say what to do: guahao wechat menu")
	}
	return withApp(ctx, "wechat menu", args[1:], func(a *app.App, _ []string) error {
		if err := a.CreateMenu(ctx); err != nil {
			return err
		}
		fmt.Println("The custom menu is created. WeChat shows it to followers within minutes; unfollow and follow to see it at once.")
		return nil
	})
}
