using System.IO.Hashing;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Objects;

/// <summary>What every object store must do; one subclass a store.</summary>
public abstract class ObjectStoreSuite
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
        Assert.Null(await store.FindAsync("a/b", default));
        Assert.Null(await store.ReadAsync("a/b", default));
        Assert.Null(await store.OpenReadAsync("a/b", default));
        Assert.Empty(await ListAsync(store, ""));
        Assert.Null(await store.ReadRangeAsync("a/b", 0, 1, default));
        Assert.False(await store.DeleteAsync("a/b", default));
        Assert.Null(await store.TryReplaceAsync("a/b", Bytes("x"), new ObjectTag("1"), default));
        Assert.False(await store.TryDeleteAsync("a/b", new ObjectTag("1"), default));
        Assert.Equal(0, await store.DeletePrefixAsync("", 4, default));
    }

    [Fact]
    public async Task A_tag_outlives_its_object_and_matches_nothing_then()
    {
        var store = Open();
        var tag = (await store.TryCreateAsync("a", Bytes("one"), default))!.Value;
        Assert.True(await store.TryDeleteAsync("a", tag, default));
        Assert.Null(await store.TryReplaceAsync("a", Bytes("two"), tag, default));
        Assert.False(await store.TryDeleteAsync("a", tag, default));
        Assert.Null(await store.FindAsync("a", default));
    }

    [Fact]
    public async Task What_is_found_has_the_length_and_the_tag_of_the_object()
    {
        var store = Open();
        var tag = await store.TryCreateAsync("a/b", Bytes("four"), default);
        var found = (await store.FindAsync("a/b", default))!;
        Assert.Equal(("a/b", 4L, tag), (found.Name, found.Length, found.Tag));
        Assert.InRange(found.ModifiedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
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
        await Open().TryCreateAsync("counter", Bytes(string.Join(' ', new int[Writers])), default);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => CountAsync(Open(), writer, Rounds))));
        Assert.Equal(string.Join(' ', Enumerable.Repeat(Rounds, Writers)), Text((await Open().ReadAsync("counter", default))!));
    }

    /// <summary>Raises a writer's own number. A replace may end without an outcome, where others were faster: the next read tells.</summary>
    private static async Task CountAsync(IObjectStore store, int writer, int rounds)
    {
        var (done, isKnown, unknown) = (0, true, 0);
        while (true)
        {
            var read = (await store.ReadAsync("counter", default))!;
            var numbers = Text(read).Split(' ').Select(int.Parse).ToArray();
            Assert.InRange(numbers[writer], done, isKnown ? done : done + 1);
            done = numbers[writer]++;
            if (done == rounds)
                return;
            try
            {
                isKnown = true;
                if (await store.TryReplaceAsync("counter", Bytes(string.Join(' ', numbers)), read.Tag, default) is not null)
                    done++;
            }
            catch (GridException e) when (e.Code == GridErrorCode.StorageFailed && unknown < rounds)
            {
                isKnown = false;
                unknown++;
            }
        }
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

    [Fact]
    public async Task A_list_goes_on_beyond_a_page()
    {
        const int Count = 5_003;
        var names = Enumerable.Range(0, Count).Select(i => $"many/{i}").ToList();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (name, token) =>
            Assert.NotNull(await Open().TryCreateAsync(name, Bytes("x"), token)));
        names.Sort(StringComparer.Ordinal);
        Assert.Equal(names, await ListAsync(Open(), "many/"));
        Assert.Equal(names.Where(name => name.StartsWith("many/47", StringComparison.Ordinal)), await ListAsync(Open(), "many/47"));

        Assert.Equal(111, await Open().DeletePrefixAsync("many/30", 8, default));
        Assert.Equal(names.Where(name => !name.StartsWith("many/30", StringComparison.Ordinal)), await ListAsync(Open(), ""));
    }

    [Fact]
    public async Task Many_are_deleted_at_once_and_the_missing_are_passed_over()
    {
        var store = Open();
        foreach (var name in new[] { "a/1", "a/2", "b/1", "b/2", "ab" })
            await store.TryCreateAsync(name, Bytes(name), default);
        Assert.Equal(2, await store.DeleteManyAsync(["a/1", "a/3", "b/2"], 2, default));
        Assert.Equal(["a/2", "ab", "b/1"], await ListAsync(store, ""));
        Assert.Equal(1, await store.DeletePrefixAsync("a/", 3, default));
        Assert.Equal(["ab", "b/1"], await ListAsync(store, ""));
        var refusal = await Assert.ThrowsAsync<GridException>(() => store.DeletePrefixAsync("", 0, default));
        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024 - 1)]
    [InlineData(64 * 1024)]
    [InlineData(64 * 1024 + 1)]
    [InlineData(128 * 1024)]
    [InlineData(1_000_003)]
    public async Task An_object_of_any_length_is_the_same_however_it_is_written_and_read(int length)
    {
        var store = Open();
        var content = PatternStream.Bytes(seed: length, length);
        var created = await store.TryCreateAsync("piece", content, default);
        var streamed = await store.TryCreateFromAsync("stream", new PatternStream(length, length), default);
        Assert.NotNull(created);
        Assert.NotNull(streamed);
        var replaced = await store.TryReplaceAsync("piece", PatternStream.Bytes(seed: 1, length), created.Value, default);
        replaced = await store.TryReplaceAsync("piece", content, replaced!.Value, default);

        foreach (var (name, tag) in new[] { ("piece", replaced), ("stream", streamed) })
        {
            var read = (await Open().ReadAsync(name, default))!;
            Assert.Equal(tag, read.Tag);
            Assert.True(content.AsSpan().SequenceEqual(read.Bytes.Span));
            await AssertRangesAsync(name, content, tag!.Value);
        }
    }

    [Fact]
    public async Task A_large_stream_becomes_an_object_and_is_read_as_one()
    {
        const long Length = (48L << 20) + 12_345;
        var source = new PatternStream(seed: 7, Length);
        var tag = await Open().TryCreateFromAsync("large", source, default);
        Assert.NotNull(tag);
        Assert.Equal(Length, (await Open().FindAsync("large", default))!.Length);

        await using var read = (await Open().OpenReadAsync("large", default))!;
        Assert.Equal((Length, tag.Value), (read.Length, read.Tag));
        var hash = new XxHash3();
        await hash.AppendAsync(read);
        Assert.Equal(source.Hash, hash.GetCurrentHashAsUInt64());
        Assert.Equal(Length, (await Open().ReadAsync("large", default))!.Bytes.Length);
    }

    [Fact]
    public async Task A_stream_does_not_become_an_object_that_exists()
    {
        var store = Open();
        await store.TryCreateAsync("a", Bytes("one"), default);
        Assert.Null(await store.TryCreateFromAsync("a", new PatternStream(1, 10), default));
        Assert.Null(await store.TryCreateFromAsync("a", new PatternStream(1, 1_000_000), default));
        Assert.Equal("one", Text((await store.ReadAsync("a", default))!));
    }

    [Fact]
    public async Task What_a_stream_throws_comes_as_it_is_and_leaves_no_object()
    {
        var store = Open();
        foreach (var length in new[] { 100, 1_000_000 })
        {
            var broken = new PatternStream(1, length) { FailAt = length / 2 };
            Assert.Same(broken.Failure, await Assert.ThrowsAsync<EndOfStreamException>(() => store.TryCreateFromAsync("a", broken, default)));
            Assert.Null(await store.FindAsync("a", default));
            Assert.Empty(await ListAsync(store, ""));
        }

        Assert.NotNull(await store.TryCreateFromAsync("a", new PatternStream(1, 1_000_000), default));
    }

    [Fact]
    public async Task Of_many_streams_for_one_name_one_wins_whole()
    {
        for (var round = 0; round < 3; round++)
        {
            var name = $"race/{round}";
            var winners = await Race(8, (store, i) => store.TryCreateFromAsync(name, new PatternStream(seed: i, 300_000), default));
            Assert.Single(winners);
            var read = (await Open().ReadAsync(name, default))!;
            Assert.True(PatternStream.Bytes(winners[0], 300_000).AsSpan().SequenceEqual(read.Bytes.Span));
        }
    }

    [Fact]
    public async Task An_open_stream_never_mixes_two_versions()
    {
        var store = Open();
        var tag = (await store.TryCreateAsync("a", PatternStream.Bytes(1, 10_000), default))!.Value;
        await using var read = (await store.OpenReadAsync("a", 0, long.MaxValue, 1_000, default))!;
        var bytes = new byte[1_500];
        await read.ReadExactlyAsync(bytes);
        Assert.Equal(PatternStream.Bytes(1, 10_000)[..1_500], bytes);
        var second = await store.TryReplaceAsync("a", PatternStream.Bytes(2, 10_000), tag, default);
        read.Position = 5_000;
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(async () => await read.ReadExactlyAsync(bytes))).Code);

        await using var other = (await store.OpenReadAsync("a", 0, long.MaxValue, 1_000, default))!;
        Assert.Equal(second, other.Tag);
        await store.DeleteAsync("a", default);
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(async () => await other.ReadExactlyAsync(bytes))).Code);
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

    /// <summary>Ranges and seeks at random places, against the content.</summary>
    private async Task AssertRangesAsync(string name, byte[] content, ObjectTag tag)
    {
        var random = new Random(content.Length);
        for (var i = 0; i < 8; i++)
        {
            var offset = random.Next(content.Length + 10);
            var length = random.Next(content.Length + 10);
            var expected = content.AsMemory(Math.Min(offset, content.Length));
            expected = expected[..Math.Min(length, expected.Length)];
            var range = (await Open().ReadRangeAsync(name, offset, length, default))!;
            Assert.True(expected.Span.SequenceEqual(range.Bytes.Span), $"{name}: {length} from {offset}");
            Assert.Equal(tag, range.Tag);

            await using var read = (await Open().OpenReadAsync(name, offset, length, 50_000, default))!;
            Assert.Equal(expected.Length, read.Length);
            var start = random.Next(expected.Length + 1);
            read.Seek(start, SeekOrigin.Begin);
            var copy = new MemoryStream();
            if (i % 2 == 0)
                await read.CopyToAsync(copy);
            else
                read.CopyTo(copy);
            Assert.True(expected.Span[start..].SequenceEqual(copy.ToArray()), $"{name}: {length} from {offset} + {start}");
        }
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
