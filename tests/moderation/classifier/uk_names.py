"""Some of the commonest first and last names of people in Britain, of every origin, as plain words."""

from __future__ import annotations

_FIRST = """
Oliver George Arthur Noah Muhammad Leo Oscar Harry Archie Jack Henry Charlie Freddie Theodore Thomas
Finley Theo Alfie Jacob William Isaac Tommy Joshua James Lucas Alexander Arlo Roman Edward Elijah Max
Mason Teddy Mohammed Albie Joseph Daniel Samuel Logan Ethan Reuben Louie Rory Ezra Harrison Hugo Adam
Toby Dylan Luca Benjamin Sebastian Jude Bobby Frankie Albert Zachary Stanley Caleb Riley Ralph Michael
Dick Richard Robert Willy Randy Rod Fanny Gaylord Titus Olivia Amelia Isla Ava Ivy Freya Lily Florence
Mia Willow Rosie Sophia Isabella Grace Daisy Sienna Poppy Elsie Emily Ella Evelyn Phoebe Evie Charlotte
Harper Millie Matilda Maisie Sophie Ruby Aria Eva Emilia Penelope Bonnie Alice Chloe Ellie Luna Mila
Aurora Violet Robyn Nancy Gracie Maya Jessica Arabella Darcie Orla Eliza Margot Maria Dorothy Nevaeh
Aisha Fatima Zainab Ayesha Maryam Khadija Hafsa Safa Amina Sana Sumaiya Yusuf Ibrahim Ali Hamza Bilal
Omar Hassan Abdullah Ismail Zayn Zakariya Umar Aryan Arjun Rohan Aarav Vihaan Ishaan Dev Krishna
Harpreet Gurpreet Manpreet Jaspreet Simran Priya Anjali Kavya Diya Riya Ananya Shital Nishit Harshit
Ashit Kuntal Sukhdeep Analise Dikshit Pooja Jakub Kacper Filip Szymon Wojciech Mateusz Piotr Krzysztof
Zofia Zuzanna Maja Hanna Oliwia Katarzyna Agnieszka Kasia Malgorzata Magdalena Aleksandra Bartosz Tomasz
Andrei Alexandru Ioana Elena Stefan Mihai Matas Emilija Lukas Gabija Chinedu Chidi Emeka Ngozi Adaeze
Ifeoma Obinna Uchenna Oluwaseun Temitope Tunde Femi Folake Ayodeji Bukola Kehinde Taiwo Adebayo Funmi
Titilayo Yetunde Kwame Kofi Ama Abena Akua Kojo Nana Yaw Tendai Tafadzwa Fiifi Assata Phuc Bich
"""
_LAST = """
Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker
White Roberts Green Hall Wood Jackson Clarke Khan Hussain Begum Ahmed Ali Singh Kaur Shah Akhtar Mahmood
Iqbal Malik Rahman Uddin Miah Chowdhury Islam Hughes Edwards Lewis Cooper Hancock Hitchcock Babcock
Cockburn Dickson Dickens Dickinson Willcocks Glasscock Woodcock Peacock Alcock Pidcock Laycock Gay Fagan
Kuntz Focker Fuchs Dong Wang Butts Cummings Seaman Swallow Tugwell Shufflebottom Higginbottom Longbottom
Sidebottom Kinnock Cockshott Cockcroft Hoare Shitole Pratt Bugg Hooker Slaughter Savage Pain Grose
Crapper Ramsbottom Bottomley Balls Ball Mann Kowalski Nowak Wisniewski Wojcik Kowalczyk Kaminski
Lewandowski Zielinski Szymanski Dabrowski Kozlowski Mazur Jankowski Kwiatkowski Krawczyk Piotrowski
Grabowski Okafor Okonkwo Adeyemi Adebayo Ogunleye Balogun Eze Nwosu Chukwu Obi Afolabi Olawale Akintola
Oyelaran Mensah Owusu Osei Boateng Asante Moyo Ncube Dlamini Popescu Ionescu Popa Petrauskas Kazlauskas
Desai Mehta Sharma Gupta Bhatt Dixit Nair Rao Reddy Chopra Kapoor Bose Sen Das Dass Analwala Assad Asif
Titchmarsh Titterington Penistone Scunthorpe Nicholson Sexton Middlesex Essex Sussex Cumming Cummins
Hardcastle Hardman Wankhede Wankling Hiscock Badcock
"""
FIRST_NAMES = tuple(_FIRST.split())
LAST_NAMES = tuple(_LAST.split())
