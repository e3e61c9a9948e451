int png_decode(int n)
{
    return n + 1;
}
