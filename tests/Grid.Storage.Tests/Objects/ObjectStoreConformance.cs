using System.Text;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Objects;

/// <summary>What every object store must do; one subclass a store.</summary>
public abstract class ObjectStoreConformance
{
    /// <summary>A store over an empty place; asked for again: another client of the same place.</summary>
    protected abstract IObjectStore Open();

    [Fact]
    public async Task What_was_created_is_read_with_the_tag_of_its_creation()
    {
        var store = Open();
        var tag = await store.TryCreateAsync("a/b.json", Bytes("one"), default);
        var read = await Open().ReadAsync("a/b.json", default);
        Assert.NotNull(tag);
        Assert.Equal("one", Text(read!));
        Assert.Equal(tag, read!.Tag);
    }

    [Fact]
    public async Task What_does_not_exist_is_null()
    {
        var store = Open();
        Assert.Null(await store.ReadAsync("a/b", default));
        Assert.Null(await store.ReadRangeAsync("a/b", 0, 1, default));
        Assert.False(await store.DeleteAsync("a/b", default));
        Assert.Null(await store.TryReplaceAsync("a/b", Bytes("x"), new ObjectTag("1"), default));
    }

    [Fact]
    public async Task An_existing_object_is_not_created_again()
    {
        var store = Open();
        await store.TryCreateAsync("a", Bytes("one"), default);
        Assert.Null(await store.TryCreateAsync("a", Bytes("two"), default));
        Assert.Equal("one", Text((await store.ReadAsync("a", default))!));
    }

    [Fact]
    public async Task A_replace_needs_the_present_tag()
    {
        var store = Open();
        var first = (await store.TryCreateAsync("a", Bytes("one"), default))!.Value;
        var second = (await store.TryReplaceAsync("a", Bytes("two"), first, default))!.Value;
        Assert.NotEqual(first, second);
        Assert.Null(await store.TryReplaceAsync("a", Bytes("three"), first, default));
        Assert.Equal("two", Text((await store.ReadAsync("a", default))!));
    }

    [Fact]
    public async Task Of_many_creators_one_wins()
    {
        for (var round = 0; round < 5; round++)
        {
            var name = $"race/{round}";
            var winners = await Race(16, (store, i) => store.TryCreateAsync(name, Bytes($"{i}"), default));
            Assert.Single(winners);
            Assert.Equal($"{winners[0]}", Text((await Open().ReadAsync(name, default))!));
        }
    }

    [Fact]
    public async Task Of_many_replacers_of_one_tag_one_wins()
    {
        var tag = (await Open().TryCreateAsync("race", Bytes("start"), default))!.Value;
        for (var round = 0; round < 5; round++)
        {
            var expected = tag;
            var winners = await Race(16, (store, i) => store.TryReplaceAsync("race", Bytes($"{round}/{i}"), expected, default));
            Assert.Single(winners);
            var read = (await Open().ReadAsync("race", default))!;
            Assert.Equal($"{round}/{winners[0]}", Text(read));
            tag = read.Tag;
        }
    }

    [Fact]
    public async Task A_counter_that_many_raise_by_compare_and_swap_loses_nothing()
    {
        const int Writers = 4, Rounds = 15;
        await Open().TryCreateAsync("counter", Bytes("0"), default);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            var store = Open();
            for (var done = 0; done < Rounds;)
            {
                var read = (await store.ReadAsync("counter", default))!;
                var next = int.Parse(Text(read)) + 1;
                if (await store.TryReplaceAsync("counter", Bytes($"{next}"), read.Tag, default) is not null)
                    done++;
            }
        })));
        Assert.Equal($"{Writers * Rounds}", Text((await Open().ReadAsync("counter", default))!));
    }

    [Fact]
    public async Task A_deleted_object_is_gone_and_its_tag_never_comes_back()
    {
        var store = Open();
        var old = (await store.TryCreateAsync("a", Bytes("one"), default))!.Value;
        Assert.True(await store.DeleteAsync("a", default));
        Assert.False(await store.DeleteAsync("a", default));
        Assert.Null(await store.ReadAsync("a", default));
        Assert.Null(await store.TryReplaceAsync("a", Bytes("two"), old, default));
        var again = (await store.TryCreateAsync("a", Bytes("one"), default))!.Value;
        Assert.NotEqual(old, again);
        Assert.Null(await store.TryReplaceAsync("a", Bytes("two"), old, default));
    }

    [Fact]
    public async Task A_conditional_delete_needs_the_present_tag()
    {
        var store = Open();
        var old = (await store.TryCreateAsync("a", Bytes("one"), default))!.Value;
        var tag = (await store.TryReplaceAsync("a", Bytes("two"), old, default))!.Value;
        Assert.False(await store.TryDeleteAsync("a", old, default));
        Assert.Equal("two", Text((await store.ReadAsync("a", default))!));
        Assert.True(await store.TryDeleteAsync("a", tag, default));
        Assert.False(await store.TryDeleteAsync("a", tag, default));
        Assert.Null(await store.ReadAsync("a", default));
    }

    [Fact]
    public async Task A_range_is_cut_at_the_end()
    {
        var store = Open();
        var tag = await store.TryCreateAsync("a", Bytes("0123456789"), default);
        Assert.Equal("345", Text((await store.ReadRangeAsync("a", 3, 3, default))!));
        Assert.Equal("89", Text((await store.ReadRangeAsync("a", 8, 100, default))!));
        Assert.Equal("", Text((await store.ReadRangeAsync("a", 10, 5, default))!));
        Assert.Equal("", Text((await store.ReadRangeAsync("a", 4000, 5, default))!));
        Assert.Equal(tag, (await store.ReadRangeAsync("a", 4000, 5, default))!.Tag);
    }

    [Fact]
    public async Task An_empty_object_and_one_of_a_tombstones_length_are_objects()
    {
        var store = Open();
        foreach (var length in new[] { 0, 1, 16, 32, 100_000 })
        {
            var content = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
            await store.TryCreateAsync($"length/{length}", content, default);
            Assert.Equal(content, (await store.ReadAsync($"length/{length}", default))!.Bytes.ToArray());
        }
    }

    [Fact]
    public async Task A_list_is_in_ordinal_order_of_whole_names()
    {
        var store = Open();
        string[] names = ["a", "a-b", "a.b", "a/b", "a/b/c", "a0", "A/b", "Z", "con/nul.json", "z_", "a/Con", "a/con"];
        foreach (var name in names)
            await store.TryCreateAsync(name, Bytes(name), default);
        await store.TryCreateAsync("a/gone", Bytes(""), default);
        await store.DeleteAsync("a/gone", default);

        Assert.Equal(names.Order(StringComparer.Ordinal), await ListAsync(store, ""));
        foreach (var prefix in new[] { "a", "a/", "a/b", "a/b/", "a/C", "A", "x", "a-", "con/n" })
            Assert.Equal(names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal), await ListAsync(store, prefix));
    }

    [Fact]
    public async Task A_listed_entry_has_the_length_and_the_tag_of_the_object()
    {
        var store = Open();
        var first = (await store.TryCreateAsync("a", Bytes("one"), default))!.Value;
        var tag = await store.TryReplaceAsync("a", Bytes("three"), first, default);
        await foreach (var entry in store.ListAsync("", default))
        {
            Assert.Equal(("a", 5L), (entry.Name, entry.Length));
            Assert.Equal(tag, entry.Tag);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/..")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData(".hidden")]
    [InlineData("dot.")]
    [InlineData("a@1")]
    public async Task An_illegal_name_is_refused(string name)
    {
        var refusal = await Assert.ThrowsAsync<GridException>(() => Open().ReadAsync(name, default));
        Assert.Equal(GridErrorCode.InvalidName, refusal.Code);
    }

    [Fact]
    public async Task The_longest_legal_names_work_in_capitals_too()
    {
        var name = new string('X', ObjectNameLengths.Segment) + "/" + new string('y', ObjectNameLengths.Segment);
        await Open().TryCreateAsync(name, Bytes("x"), default);
        Assert.Equal([name], await ListAsync(Open(), ""));
    }

    [Fact]
    public async Task A_cancelled_operation_is_cancelled()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().ReadAsync("a", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().TryCreateAsync("a", Bytes("x"), cancelled));
        Assert.Null(await Open().ReadAsync("a", default));
    }

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(ObjectContent content) => Encoding.UTF8.GetString(content.Bytes.Span);

    protected static async Task<List<string>> ListAsync(IObjectStore store, string prefix)
    {
        var names = new List<string>();
        await foreach (var entry in store.ListAsync(prefix, default))
            names.Add(entry.Name);
        return names;
    }

    private async Task<List<int>> Race(int racers, Func<IObjectStore, int, Task<ObjectTag?>> attempt)
    {
        using var start = new Barrier(4);
        var winners = new List<int>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Factory.StartNew(() =>
        {
            var store = Open();
            start.SignalAndWait();
            for (var i = thread; i < racers; i += 4)
                if (attempt(store, i).GetAwaiter().GetResult() is not null)
                    lock (winners)
                        winners.Add(i);
        }, default, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return winners;
    }

    private static class ObjectNameLengths
    {
        public const int Segment = 180;
    }
}
